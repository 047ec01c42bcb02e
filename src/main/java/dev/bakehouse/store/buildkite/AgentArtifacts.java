package dev.bakehouse.store.buildkite;

import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Artifacts by the `buildkite-agent` that runs this job: it holds the job's token, knows where the
/// bytes lie and tries again what fails.
public final class AgentArtifacts implements Artifacts {
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final String FORMAT = "%i\t%j\t%c\t%s\t%S\t%p\n";

  private final Map<String, String> job;

  /// @param job the job's environment
  public AgentArtifacts(Map<String, String> job) {
    this.job = Map.copyOf(job);
  }

  @Override
  public List<Artifact> find(String build, String query) throws IOException {
    return find(build, "", query);
  }

  /// Those that one step left.
  ///
  /// @param step its key; empty for all
  public List<Artifact> find(String build, String step, String query) throws IOException {
    return search(build, step, query, "--include-retried-jobs");
  }

  /// Those of jobs that were not tried again.
  ///
  /// @param step its key; empty for all
  public List<Artifact> findLast(String build, String step, String query) throws IOException {
    return search(build, step, query);
  }

  private List<Artifact> search(String build, String step, String query, String... options)
      throws IOException {
    Command search =
        agent("artifact", "search", query, "--build", build)
            .and("--allow-empty-results", "--format", FORMAT)
            .and(options);
    String out =
        run(
            "search " + query + " in build " + build,
            step.isEmpty() ? search : search.and("--step", step));
    List<Artifact> all = new ArrayList<>();
    for (String line : out.lines().toList()) {
      artifact(build, line.split("\t", 6)).ifPresent(all::add);
    }
    all.sort(Comparator.comparing(Artifact::created).reversed());
    return all;
  }

  @Override
  public void download(Artifact artifact, Path file) throws IOException {
    Path dir = Files.createTempDirectory(file.toAbsolutePath().getParent(), "download");
    try {
      run(
          "download " + artifact.path() + " of build " + artifact.build(),
          agent("artifact", "download", artifact.path(), ".", "--include-retried-jobs")
              .and("--build", artifact.build(), "--step", artifact.job())
              .in(dir));
      Files.move(dir.resolve(artifact.path()), file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Directories.delete(dir);
    }
  }

  /// Uploads files as artifacts of this job, under their paths below a directory.
  ///
  /// @param paths without what the agent takes for a pattern
  public void upload(Path below, String... paths) throws IOException {
    String all = String.join(";", paths);
    run("upload " + all, agent("artifact", "upload", all).in(below));
  }

  /// A job may give an artifact a name with line breaks in it; the rest of that is no line of ours.
  private static Optional<Artifact> artifact(String build, String[] part) {
    if (part.length < 6) {
      return Optional.empty();
    }
    try {
      Instant created = Instant.parse(part[2]);
      long size = Long.parseLong(part[3]);
      return Optional.of(new Artifact(build, part[0], part[5], part[1], created, size, part[4]));
    } catch (DateTimeParseException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private Command agent(String... words) {
    return AgentCommand.of(job, words).and("--no-color").deadline(LIMIT);
  }

  private static String run(String doing, Command command) throws IOException {
    try {
      Outcome outcome = command.run();
      if (!outcome.ok()) {
        throw new IOException(
            "Could not "
                + doing
                + ": "
                + outcome.complaint()
                + ". See what the agent says, and whether the job still runs.");
      }
      return outcome.text();
    } catch (UserError e) {
      throw new IOException("Could not " + doing + ": " + e.getMessage() + " " + e.remedy(), e);
    }
  }
}
