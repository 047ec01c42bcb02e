package dev.bakehouse.store.buildkite;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;

/// Artifacts by the REST API, for who is in no job and only reads.
public final class RestArtifacts implements Artifacts {
  /// A build that is older than so many others is not found: the API asks for numbers, and tells
  /// them only in lists.
  private static final int BUILDS = 1000;

  private final RestClient client;
  private final String pipeline;
  private final BiPredicate<BuildInfo, String> mayHold;
  private final Map<String, Integer> numbers = new HashMap<>();

  /// @param mayHold which keys a build's jobs had the right to publish: a person names any build
  public RestArtifacts(RestClient client, String pipeline, BiPredicate<BuildInfo, String> mayHold) {
    this.client = client;
    this.pipeline = pipeline;
    this.mayHold = mayHold;
  }

  @Override
  public List<Artifact> find(String build, String query) throws IOException {
    String top = query.substring(0, query.indexOf('*') < 0 ? query.length() : query.indexOf('*'));
    List<Artifact> all =
        of(build).stream()
            .filter(a -> a.id() != null && a.path() != null && a.path().startsWith(top))
            .filter(a -> "finished".equals(a.state()))
            .map(a -> artifact(build, a))
            .toList();
    return all.isEmpty() ? all : held(build, all);
  }

  @Override
  public void download(Artifact artifact, Path file) throws IOException {
    for (ArtifactInfo info : of(artifact.build())) {
      if (artifact.id().equals(info.id())) {
        try {
          client.download(info, file);
          return;
        } catch (UserError e) {
          throw new IOException(e.getMessage() + " " + e.remedy(), e);
        }
      }
    }
    throw new IOException("The artifact " + artifact.path() + " is gone. Look again.");
  }

  private List<Artifact> held(String build, List<Artifact> all) throws IOException {
    try {
      BuildInfo info = client.build(pipeline, number(build).orElseThrow());
      return all.stream()
          .filter(a -> !a.path().startsWith(Shelves.TOP) || mayHold.test(info, key(a)))
          .toList();
    } catch (UserError e) {
      throw new IOException(e.getMessage() + " " + e.remedy(), e);
    }
  }

  private static String key(Artifact artifact) {
    return artifact.path().substring(Shelves.TOP.length());
  }

  private List<ArtifactInfo> of(String build) throws IOException {
    try {
      Optional<Integer> number = number(build);
      return number.isEmpty() ? List.of() : client.artifacts(pipeline, number.get());
    } catch (UserError e) {
      throw new IOException(e.getMessage() + " " + e.remedy(), e);
    }
  }

  private synchronized Optional<Integer> number(String build) {
    if (numbers.isEmpty()) {
      numbers.putAll(client.numbers(pipeline, BUILDS));
    }
    return Optional.ofNullable(numbers.get(build));
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
