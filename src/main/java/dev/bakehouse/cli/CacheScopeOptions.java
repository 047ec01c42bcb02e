package dev.bakehouse.cli;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.Step;
import dev.bakehouse.platform.UserError;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import picocli.CommandLine.Option;

/// Whose caches. In a job only its identity says that.
final class CacheScopeOptions {
  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      description = "PIPELINE/BRANCH or PIPELINE/pull:NUMBER, local/main by default; not in a job")
  private String scope = "";

  @Option(
      names = "--platform",
      paramLabel = "P",
      description = "os-arch-type; this machine's release builds by default")
  private String platform = "";

  @Option(
      names = "--build",
      paramLabel = "ID",
      description =
          "Of which build, also one that did not pass; the last saved by default; not in a job")
  private String build = "";

  @Option(
      names = "--step",
      paramLabel = "KEY",
      description = "Of which step; KEY#JOB/JOBS for one job of a parallel one, not in a job.")
  private String step = "";

  private final Map<String, String> env = System.getenv();

  boolean inJob() {
    if (!JobIdentity.inJob(env)) {
      return false;
    }
    refuse("--scope", scope);
    refuse("--build", build);
    return true;
  }

  JobIdentity job() {
    return JobIdentity.of(env);
  }

  Access access() {
    return Access.of(job(), platform());
  }

  Scope scope() {
    return inJob()
        ? access().reads().getFirst().scope()
        : Scope.parse(scope.isEmpty() ? "local/main" : scope, platform());
  }

  String platform() {
    return platform.isEmpty()
        ? CachePaths.platform(System.getProperty("os.name"), System.getProperty("os.arch"), env)
        : platform;
  }

  String build() {
    return build;
  }

  /// The build a save is for.
  String buildToSave() {
    if (inJob()) {
      return job().buildId();
    }
    return build.isEmpty()
        ? "local-"
            + Instant.now().getEpochSecond()
            + "-"
            + UUID.randomUUID().toString().substring(0, 8)
        : build;
  }

  /// Whether a coordinator knows the scope's builds: its pipeline has an organization.
  boolean coordinated() {
    return inJob() || (scope().pipeline().indexOf('.') > 0 && build.isEmpty());
  }

  /// The variables a job of the named scope would have.
  ///
  /// @param branch of a pull request's scope
  /// @param base of it, or empty
  /// @param id the build's, or empty
  Map<String, String> asJob(String branch, String base, String id) {
    Scope wanted = scope();
    int dot = wanted.pipeline().lastIndexOf('.');
    Map<String, String> job = new LinkedHashMap<>();
    job.put("BUILDKITE_ORGANIZATION_SLUG", wanted.pipeline().substring(0, Math.max(0, dot)));
    job.put("BUILDKITE_PIPELINE_SLUG", wanted.pipeline().substring(dot + 1));
    job.put("BUILDKITE_BUILD_ID", id);
    job.put(
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH",
        env.getOrDefault("BUILDKITE_PIPELINE_DEFAULT_BRANCH", ""));
    job.putAll(step().variables());
    switch (wanted.ref()) {
      case Scope.Branch(String name) -> job.put("BUILDKITE_BRANCH", name);
      case Scope.Pull(int number) -> {
        job.put("BUILDKITE_BRANCH", branch);
        job.put("BUILDKITE_PULL_REQUEST", String.valueOf(number));
        job.put("BUILDKITE_PULL_REQUEST_BASE_BRANCH", base);
      }
    }
    return job;
  }

  /// In a job its place among parallel ones is the job's own.
  Step step() {
    Step own = job().step();
    if (step.isEmpty()) {
      return own;
    }
    Step named = Step.parse(step);
    return inJob() ? own.named(named.key()) : named;
  }

  Map<String, String> env() {
    return env;
  }

  private static void refuse(String option, String value) {
    if (!value.isEmpty()) {
      throw new UserError(
          "In a job " + option + " is refused: the job's identity says whose caches it may use",
          "Leave " + option + " out.");
    }
  }
}
