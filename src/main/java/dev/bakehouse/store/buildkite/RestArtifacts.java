package dev.bakehouse.store.buildkite;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/// Artifacts by the REST API, for who is in no job and only reads.
public final class RestArtifacts implements Artifacts {
  private final RestClient client;
  private final String pipeline;
  private final Builds builds;

  /// @param builds those that are known; the API asks for numbers
  public RestArtifacts(RestClient client, String pipeline, Builds builds) {
    this.client = client;
    this.pipeline = pipeline;
    this.builds = builds;
  }

  @Override
  public List<Artifact> find(String build, String query) throws IOException {
    String top = query.substring(0, query.indexOf('*') < 0 ? query.length() : query.indexOf('*'));
    try {
      for (Builds.Build each : builds.recent()) {
        if (each.id().equals(build)) {
          return client.artifacts(pipeline, each.number()).stream()
              .filter(a -> a.path().startsWith(top) && "finished".equals(a.state()))
              .map(a -> artifact(build, a))
              .toList();
        }
      }
      return List.of();
    } catch (UserError e) {
      throw new IOException(e.getMessage() + " " + e.remedy(), e);
    }
  }

  @Override
  public void download(Artifact artifact, Path file) throws IOException {
    try {
      for (Builds.Build each : builds.recent()) {
        if (each.id().equals(artifact.build())) {
          for (ArtifactInfo info : client.artifacts(pipeline, each.number())) {
            if (info.id().equals(artifact.id())) {
              client.download(info, file);
              return;
            }
          }
        }
      }
      throw new IOException("The artifact " + artifact.path() + " is gone. Look again.");
    } catch (UserError e) {
      throw new IOException(e.getMessage() + " " + e.remedy(), e);
    }
  }

  /// The API tells no time of its own for an artifact; it is at most as old as its build.
  private static Artifact artifact(String build, ArtifactInfo info) {
    return new Artifact(
        build,
        info.id(),
        info.path(),
        Objects.requireNonNullElse(info.jobId(), ""),
        Instant.EPOCH,
        Objects.requireNonNullElse(info.fileSize(), 0L),
        Objects.requireNonNullElse(info.sha1sum(), ""));
  }
}
