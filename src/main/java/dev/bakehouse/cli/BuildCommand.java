package dev.bakehouse.cli;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.JobReference;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "build",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Creates, shows and changes builds of Buildkite or of a coordinator.")
final class BuildCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("create", Create::new);
    VERBS.put("list", ListBuilds::new);
    VERBS.put("show", Show::new);
    VERBS.put("cancel", Cancel::new);
    VERBS.put("rebuild", Rebuild::new);
    VERBS.put("retry", Retry::new);
    VERBS.put("unblock", Unblock::new);
    VERBS.put("log", Log::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// Which server, which pipeline.
  static final class Target {
    @Mixin ServerOptions server = new ServerOptions();

    @Option(names = "--pipeline", paramLabel = "SLUG", required = true, description = "Pipeline.")
    String pipeline = "";

    RestClient client() {
      return server.client();
    }
  }

  /// What is done to one build.
  abstract static class OfBuild implements Callable<Integer> {
    @Mixin Target target = new Target();

    @Parameters(index = "0", paramLabel = "NUMBER", description = "Number of the build.")
    int number;
  }

  /// What is done to one job.
  abstract static class OfJob implements Callable<Integer> {
    @Mixin ServerOptions server = new ServerOptions();

    @Option(
        names = "--pipeline",
        paramLabel = "SLUG",
        description = "Pipeline of a build that is named by its number.")
    Optional<String> pipeline = Optional.empty();

    @Parameters(
        index = "0",
        paramLabel = "JOB",
        description = "A job's id or address, or [PIPELINE#]NUMBER/STEP of a build.")
    String job = "";

    String id(RestClient client, String none, String... states) {
      JobReference.Pick pick = JobReference.Pick.first(none, states);
      return String.valueOf(JobReference.parse(job).within(pipeline).find(client, pick).id());
    }
  }

  static void print(BuildInfo build) {
    System.out.println("#" + build.number() + " " + build.shownState());
    build.jobs().forEach(BuildCommand::print);
  }

  private static void print(JobInfo job) {
    System.out.printf(
        Locale.ROOT,
        "  %-24s %-14s exit %-4s %7.1f s  %s  %s%s%n",
        job.title(),
        job.state(),
        job.exitStatus() == null ? "-" : job.exitStatus(),
        job.time().toMillis() / 1000.0,
        job.agent() == null ? "-" : job.agent().name(),
        job.id(),
        job.reason() == null ? "" : " (" + job.reason() + ")");
  }

  static int status(BuildInfo build) {
    return build.ended() && !build.state().equals("passed") ? Exit.FAILED : Exit.OK;
  }

  @Command(name = "create", mixinStandardHelpOptions = true, description = "Starts a build.")
  static final class Create implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Option(names = "--commit", description = "Commit (${DEFAULT-VALUE}).")
    private String commit = "HEAD";

    @Option(names = "--branch", description = "Branch (${DEFAULT-VALUE}).")
    private String branch = "main";

    @Option(names = "--message", description = "Message.")
    private String message = "";

    @Option(names = "--env", paramLabel = "NAME=VALUE", description = "Environment of its jobs.")
    private Map<String, String> env = Map.of();

    @Option(names = "--file", paramLabel = "YAML", description = "(Re)defines the pipeline first.")
    private @Nullable Path file;

    @Option(names = "--repository", paramLabel = "URL", description = "Its repository (--file).")
    private @Nullable String repository;

    @Option(names = "--wait", description = "Waits for the end; 1 unless it passed.")
    private boolean wait;

    @Override
    public Integer call() throws IOException {
      RestClient client = target.client();
      if (file != null) {
        if (repository == null) {
          throw new UserError("--file needs --repository", "Name what agents shall clone.");
        }
        client.definePipeline(target.pipeline, repository, branch, Files.readString(file));
      }
      BuildInfo build = client.create(target.pipeline, commit, branch, message, env);
      if (wait) {
        int number = build.number();
        build =
            Poll.until(
                "build " + number,
                Duration.ofDays(1),
                () -> Optional.of(client.build(target.pipeline, number)).filter(BuildInfo::ended));
      }
      print(build);
      return status(build);
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists a pipeline's builds, newest first.")
  static final class ListBuilds implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Option(names = "--branch", description = "Of this branch; `*` stands for anything.")
    private @Nullable String branch;

    @Option(names = "--in", paramLabel = "STATE", description = "In this state; repeatable.")
    private List<String> states = List.of();

    @Option(names = "--commit", description = "Of this commit, the whole hash.")
    private @Nullable String commit;

    @Option(names = "--most", paramLabel = "N", description = "So many (${DEFAULT-VALUE}).")
    private int most = 20;

    @Override
    public Integer call() {
      BuildQuery query = new BuildQuery(branch, states, commit, null, null, false, most);
      for (BuildInfo build : target.client().builds(target.pipeline, query)) {
        System.out.printf(
            Locale.ROOT,
            "#%-6d %-15s %-24s %.12s  %s  %s%n",
            build.number(),
            build.shownState(),
            build.branch(),
            build.commit(),
            build.createdAt(),
            String.valueOf(build.message()).lines().findFirst().orElse(""));
      }
      return Exit.OK;
    }
  }

  @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows a build's jobs.")
  static final class Show extends OfBuild {
    @Override
    public Integer call() {
      BuildInfo build = target.client().build(target.pipeline, number);
      print(build);
      return status(build);
    }
  }

  @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Cancels a build.")
  static final class Cancel extends OfBuild {
    @Override
    public Integer call() {
      print(target.client().cancel(target.pipeline, number));
      return Exit.OK;
    }
  }

  @Command(
      name = "rebuild",
      mixinStandardHelpOptions = true,
      description = "Builds the same commit, branch and environment again.")
  static final class Rebuild extends OfBuild {
    @Override
    public Integer call() {
      print(target.client().rebuild(target.pipeline, number));
      return Exit.OK;
    }
  }

  @Command(
      name = "retry",
      mixinStandardHelpOptions = true,
      description =
          "Runs a job that ended again; of a whole build the first that failed, not softly if one did.")
  static final class Retry extends OfJob {
    @Override
    public Integer call() {
      RestClient client = server.client();
      String none = "has no job that failed";
      print(client.retry(id(client, none, "failed", "timed_out", "canceled")));
      return Exit.OK;
    }
  }

  @Command(
      name = "unblock",
      mixinStandardHelpOptions = true,
      description = "Lets a build go on behind a block or input step; of a whole build its first.")
  static final class Unblock extends OfJob {
    @Option(names = "--field", paramLabel = "KEY=VALUE", description = "An answer of the step's.")
    private Map<String, String> fields = Map.of();

    @Override
    public Integer call() {
      RestClient client = server.client();
      print(client.unblock(id(client, "has no step that waits for somebody", "blocked"), fields));
      return Exit.OK;
    }
  }

  @Command(name = "log", mixinStandardHelpOptions = true, description = "Prints a job's log.")
  static final class Log extends OfBuild {
    @Parameters(index = "1", paramLabel = "JOB", description = "Id of the job.")
    private String job = "";

    @Override
    public Integer call() {
      byte[] log = target.client().log(target.pipeline, number, job);
      System.out.writeBytes(new LogText().filter(log));
      System.out.flush();
      return Exit.OK;
    }
  }
}
