package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.Artifact;
import dev.bakehouse.tests.FlakyTest.Seen;
import dev.bakehouse.tests.TestRun;
import dev.bakehouse.tests.TestTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What builds told of the tests of a job's step: their artifacts `bakehouse-tests/JOB.json`. Which
/// builds a job may learn from is the same as for caches.
final class TestHistory {
  private static final int ASKED = 30;
  private static final int TIMED = 5;
  private static final int RECENT = 10;
  private static final int FILES = 100;

  /// Of tests that failed, in all runs that are looked at.
  private static final int TOLD = 2000;

  /// Of all files of a build.
  private static final long BYTES = 32L << 20;

  private final JobSources.Api api;
  private final Path scratch;
  private final Map<String, String> env;
  private final Consumer<String> log;
  private final JobIdentity identity;
  private final AgentArtifacts artifacts;
  private int told;

  /// @param scratch for directories of such processes only
  /// @param env the job's
  /// @param log told of what could not be read
  TestHistory(JobSources.Api api, Path scratch, Map<String, String> env, Consumer<String> log) {
    this.api = api;
    this.scratch = scratch;
    this.env = Map.copyOf(env);
    this.log = log;
    this.identity = JobIdentity.of(env);
    this.artifacts = new AgentArtifacts(env);
  }

  /// The times of the newest passed build that has some, of the nearest branch.
  TestTimes times() {
    for (BuildInfo build : builds("passed", TIMED)) {
      TestTimes times = TestTimes.of(runs(build.id(), false));
      if (!times.millis().isEmpty()) {
        log.accept(
            "Tests: divided by the times of build " + build.number() + " of " + build.branch());
        return times;
      }
    }
    log.accept("Tests: no passed build has times of this step: each test counts the same");
    return TestTimes.NONE;
  }

  /// This build's jobs of the step and those of the last builds, passed or not.
  List<Seen> recent() {
    List<Seen> seen = new ArrayList<>();
    builds(null, RECENT).forEach(build -> add(seen, build.id(), build.number(), build.commit()));
    add(seen, identity.buildId(), number(), identity.commit());
    return seen;
  }

  private void add(List<Seen> to, String build, int number, @Nullable String commit) {
    String of = Objects.requireNonNullElse(commit, "");
    for (TestRun run : runs(build, true)) {
      told += run.failed().size() + run.flaky().size() + run.quarantined().size();
      if (told <= TOLD) {
        to.add(new Seen(number, of, run));
      }
    }
  }

  private List<BuildInfo> builds(@Nullable String state, int most) {
    Optional<RestClient> client = api.client(env);
    if (client.isEmpty()) {
      log.accept("Tests: " + api.file() + " names no REST API (api.url) to ask for other builds");
      return List.of();
    }
    String pipeline = env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "");
    Map<String, BuildInfo> found = new LinkedHashMap<>();
    for (Access.Read read : Access.of(identity, "").reads()) {
      BuildQuery query = new BuildQuery(read.branch(), state, null, ASKED).bare();
      for (BuildInfo build :
          found.size() < most ? client.get().builds(pipeline, query) : List.<BuildInfo>of()) {
        if (build.id() != null
            && build.number() < number()
            && read.holds(String.valueOf(build.branch()), RestBuilds.pull(build))) {
          found.putIfAbsent(build.id(), build);
        }
      }
    }
    return found.values().stream().limit(most).toList();
  }

  private int number() {
    String number = env.getOrDefault("BUILDKITE_BUILD_NUMBER", "");
    return number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : Integer.MAX_VALUE;
  }

  /// @param all whether attempts of jobs that were tried again count too
  private List<TestRun> runs(String build, boolean all) {
    List<TestRun> runs = new ArrayList<>();
    try {
      Path dir = Scratch.directory(scratch);
      try {
        long bytes = 0;
        for (Artifact artifact : find(build, all).stream().limit(FILES).toList()) {
          bytes += artifact.size();
          if (!TestRun.isPath(artifact.path()) || bytes > BYTES) {
            continue;
          }
          Path file = dir.resolve("run.json");
          artifacts.download(artifact, file);
          if (Files.size(file) <= TestRun.LIMIT) {
            TestRun run = TestRun.read(Files.readAllBytes(file));
            if (run.step().equals(identity.step().key())) {
              runs.add(run);
            }
          }
        }
      } finally {
        Directories.delete(dir);
      }
    } catch (IOException | UserError e) {
      log.accept("Tests: build " + build + " is passed over: " + e.getMessage());
      return List.of();
    }
    return runs;
  }

  private List<Artifact> find(String build, boolean all) throws IOException {
    String query = TestRun.DIRECTORY + "/*.json";
    return all
        ? artifacts.find(build, identity.step().key(), query)
        : artifacts.findLast(build, identity.step().key(), query);
  }
}
