package dev.bakehouse.job;

import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.performance.Benchmark;
import dev.bakehouse.performance.BenchmarkFile;
import dev.bakehouse.performance.Comparison;
import dev.bakehouse.performance.ComparisonText;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.Artifact;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// `bakehouse performance compare` in a job: the benchmarks its build measured beside those of the
/// last passed build of the branch it is for, as an annotation of the build.
public final class PerformanceStep {
  private static final int ASKED = 30;
  private static final int BUILDS = 10;

  /// Of all files of a build; jobs wrote them.
  private static final long BYTES = 4L << 20;

  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final Pattern LINK = Pattern.compile("https?://[^\\s()<>\\[\\]]+");

  private final JobSources.Api api;
  private final Path scratch;
  private final Map<String, String> env;
  private final PrintStream log;
  private final AgentArtifacts artifacts;
  private final String step;

  /// @param scratch for directories of such processes only
  /// @param env the job's
  /// @param log gets the comparison as well
  public PerformanceStep(
      JobSources.Api api, Path scratch, Map<String, String> env, PrintStream log) {
    this.api = api;
    this.scratch = scratch;
    this.env = Map.copyOf(env);
    this.log = log;
    this.artifacts = new AgentArtifacts(env, DEADLINE);
    this.step = env.getOrDefault(PerformanceConfig.STEP, "");
  }

  /// A build of the base branch and what it measured.
  private record Base(BuildInfo build, List<Benchmark> benchmarks) {}

  /// @return 0, or [PerformanceConfig#REGRESSED]
  /// @throws UserError when this build has no usable results, or nobody can be asked for others
  public int run(PerformanceConfig config) {
    if (!JobIdentity.inJob(env)) {
      throw new UserError(
          "Could not look for benchmarks: this is no job",
          "Name two files: bakehouse performance compare BEFORE.json NOW.json.");
    }
    try {
      Path dir = Scratch.directory(scratch);
      try {
        return run(config, dir.resolve("benchmarks.json"));
      } finally {
        Directories.delete(dir);
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not compare the benchmarks: " + e.getMessage(), "Retry the job.", e);
    }
  }

  private int run(PerformanceConfig config, Path file) throws IOException {
    List<Benchmark> now = measured(env.getOrDefault("BUILDKITE_BUILD_ID", ""), config, file);
    if (now.isEmpty()) {
      throw new UserError(
          "No benchmark is in this build: no artifact `"
              + config.file()
              + "` of "
              + (step.isEmpty() ? "its steps" : "the step " + step),
          "Have the tests write that file and upload it, or name another in"
              + " `pipeline.performance.file`.");
    }
    Optional<Base> base = base(config, file);
    Comparison comparison =
        Comparison.of(base.map(Base::benchmarks).orElse(List.of()), now, config.thresholds());
    String text = ComparisonText.markdown(title(base, comparison), comparison);
    log.println(text);
    String style = base.isEmpty() ? "info" : comparison.regressed() ? "warning" : "success";
    String context = "bakehouse-performance-" + env.getOrDefault("BUILDKITE_STEP_KEY", "");
    AgentCommand.of(env, "annotate", "--context", context, "--style", style)
        .and("--log-level", "fatal")
        .input(text.getBytes(StandardCharsets.UTF_8))
        .deadline(DEADLINE)
        .check();
    return comparison.regressed() ? PerformanceConfig.REGRESSED : 0;
  }

  private String title(Optional<Base> base, Comparison comparison) {
    String which = step.isEmpty() ? "" : "`" + step.replaceAll("[^A-Za-z0-9_:-]", " ") + "`, ";
    String branch = "`" + branch().replaceAll("[^A-Za-z0-9_./-]", " ") + "`";
    if (base.isEmpty()) {
      return which + "no passed build of " + branch + " has benchmarks: nothing to compare with";
    }
    BuildInfo build = base.get().build();
    String number = "build " + build.number();
    String url = String.valueOf(build.webUrl());
    String link = LINK.matcher(url).matches() ? "[" + number + "](" + url + ")" : number;
    long worse = comparison.count(Comparison.Verdict.REGRESSED);
    return which
        + (worse == 0 ? "nothing is worse than in " : worse + " worse than in ")
        + link
        + " of "
        + branch;
  }

  /// What the build is compared with: of the branch it is to be merged into, else the default one.
  private String branch() {
    String queue = env.getOrDefault("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "");
    JobIdentity job = JobIdentity.of(env);
    return !queue.isEmpty()
        ? queue
        : job.baseBranch().isEmpty() ? job.defaultBranch() : job.baseBranch();
  }

  /// The newest passed build from before this one that has benchmarks: not every build runs them.
  private Optional<Base> base(PerformanceConfig config, Path file) {
    RestClient client =
        api.client(env)
            .orElseThrow(
                () ->
                    new UserError(
                        "Could not look for earlier builds: " + api.file() + " names no REST API",
                        "Set api.url and api.token-file there."));
    String pipeline = env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "");
    List<BuildInfo> builds =
        client.builds(pipeline, new BuildQuery(branch(), "passed", null, ASKED).bare()).stream()
            .filter(build -> build.id() != null && build.number() < number())
            .filter(build -> RestBuilds.pull(build).isEmpty())
            .limit(BUILDS)
            .toList();
    for (BuildInfo build : builds) {
      try {
        List<Benchmark> benchmarks = measured(build.id(), config, file);
        if (!benchmarks.isEmpty()) {
          return Optional.of(new Base(build, benchmarks));
        }
      } catch (IOException | UserError e) {
        log.println("Build " + build.number() + " is passed over: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private int number() {
    String number = env.getOrDefault("BUILDKITE_BUILD_NUMBER", "");
    return number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : Integer.MAX_VALUE;
  }

  /// What the jobs of a build measured, those of shards one after the other. Of a job's files the
  /// newest counts.
  private List<Benchmark> measured(String build, PerformanceConfig config, Path file)
      throws IOException {
    List<Benchmark> all = new ArrayList<>();
    Set<String> jobs = new HashSet<>();
    long bytes = 0;
    for (Artifact artifact : artifacts.findLast(build, step, config.file())) {
      if (!artifact.path().equals(config.file()) || !jobs.add(artifact.job())) {
        continue;
      }
      insistSmall(bytes + artifact.size(), config);
      artifacts.download(artifact, file);
      bytes += Files.size(file);
      insistSmall(bytes, config);
      String name = config.file() + " of job " + artifact.job();
      all.addAll(BenchmarkFile.read(name, Files.readAllBytes(file)));
    }
    return all;
  }

  private static void insistSmall(long bytes, PerformanceConfig config) {
    if (bytes > BYTES) {
      throw new UserError(
          "The artifacts " + config.file() + " of a build have more than 4 MiB",
          "Write fewer samples.");
    }
  }
}
