package dev.bakehouse.coordinator;

import java.util.Map;

/// What to build.
///
/// @param pipeline slug; the pipeline is made when it is new
/// @param repository what agents clone; a URL or a path they can reach
/// @param commit a full hash, or `HEAD`
/// @param env for every job of the build; a step's own value wins
public record BuildRequest(
    String pipeline,
    String repository,
    String commit,
    String branch,
    String message,
    Map<String, String> env) {
  public BuildRequest {
    env = Map.copyOf(env);
  }
}
