package dev.bakehouse.store.buildkite;

import dev.bakehouse.buildkite.AgentApi;
import dev.bakehouse.buildkite.AgentApi.Found;
import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Artifacts in the name of a job: found and fetched by the API of its agent, sent by the
/// `buildkite-agent` that runs it.
public final class AgentArtifacts implements Artifacts {
  private static final Duration LIMIT = Duration.ofMinutes(30);

  private final Map<String, String> job;
  private final AgentApi api;
  private final Duration limit;

  /// @param job the job's environment
  public AgentArtifacts(Map<String, String> job) {
    this(job, LIMIT);
  }

  /// @param limit how long one file may take on its way
  public AgentArtifacts(Map<String, String> job, Duration limit) {
    this.job = Map.copyOf(job);
    this.api = AgentApi.of(job);
    this.limit = limit;
  }

  @Override
  public List<Artifact> find(String build, String query) throws IOException {
    return find(build, "", query);
  }

  /// Those that one step left.
  ///
  /// @param step its key; empty for all
  public List<Artifact> find(String build, String step, String query) throws IOException {
    return search(build, step, query, true);
  }

  /// Those of jobs that were not tried again.
  ///
  /// @param step its key; empty for all
  public List<Artifact> findLast(String build, String step, String query) throws IOException {
    return search(build, step, query, false);
  }

  private List<Artifact> search(String build, String step, String query, boolean retried)
      throws IOException {
    try {
      return api.artifacts(build, step, query, retried).stream()
          .flatMap(found -> artifact(build, found).stream())
          .sorted(Comparator.comparing(Artifact::created).reversed())
          .toList();
    } catch (UserError e) {
      throw failed("search " + query + " in build " + build, e);
    }
  }

  /// Where the bytes lie is asked anew: such addresses hold for minutes.
  @Override
  public void download(Artifact artifact, Path file) throws IOException {
    try {
      List<Found> all = api.artifacts(artifact.build(), artifact.job(), artifact.path(), true);
      for (Found found : all) {
        if (artifact.id().equals(found.id())) {
          api.download(found, file, limit);
          return;
        }
      }
      throw new UserError("it is not there any more", "Look again.");
    } catch (UserError e) {
      throw failed("download " + artifact.path() + " of build " + artifact.build(), e);
    }
  }

  /// Uploads files as artifacts of this job, under their paths below a directory.
  ///
  /// @param paths without what the agent takes for a pattern
  public void upload(Path below, String... paths) throws IOException {
    String all = String.join(";", paths);
    try {
      AgentCommand.of(job, "artifact", "upload", all)
          .and("--no-color")
          .deadline(limit)
          .in(below)
          .check();
    } catch (UserError e) {
      throw failed("upload " + all, e);
    }
  }

  /// Empty for what is no whole answer.
  private static Optional<Artifact> artifact(String build, Found found) {
    String id = found.id();
    String path = found.path();
    String job = found.jobId();
    Long size = found.fileSize();
    if (id == null || path == null || job == null || size == null) {
      return Optional.empty();
    }
    try {
      Instant created = Instant.parse(String.valueOf(found.createdAt()));
      String sha1 = Objects.requireNonNullElse(found.sha1sum(), "");
      return Optional.of(new Artifact(build, id, path, job, created, size, sha1));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static IOException failed(String doing, UserError e) {
    return new IOException("Could not " + doing + ": " + e.getMessage() + ". " + e.remedy(), e);
  }
}
