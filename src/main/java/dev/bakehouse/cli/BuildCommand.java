package dev.bakehouse.cli;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "build",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Creates, shows and cancels builds of a coordinator.",
    subcommands = {
      BuildCommand.Create.class,
      BuildCommand.Show.class,
      BuildCommand.Cancel.class,
      BuildCommand.Log.class
    })
final class BuildCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.err.println("Name one of create, show, cancel, log.");
    return Exit.USAGE;
  }

  /// Which coordinator, which pipeline.
  static final class Target {
    @Option(
        names = "--state",
        paramLabel = "DIR",
        description = "State directory of a coordinator on this machine (${DEFAULT-VALUE}).",
        defaultValue = ".bakehouse/coordinator")
    @SuppressWarnings("NullAway.Init")
    Path state;

    @Option(names = "--address", paramLabel = "URL", description = "Another one's address.")
    @Nullable URI address;

    @Option(names = "--token-file", paramLabel = "FILE", description = "File with its API token.")
    @Nullable Path tokenFile;

    @Option(
        names = "--organization",
        paramLabel = "SLUG",
        description = "Organization (${DEFAULT-VALUE}).",
        defaultValue = "bakehouse")
    @SuppressWarnings("NullAway.Init")
    String organization;

    @Option(names = "--pipeline", paramLabel = "SLUG", required = true, description = "Pipeline.")
    @SuppressWarnings("NullAway.Init")
    String pipeline;

    RestClient client() {
      Path token = tokenFile == null ? state.resolve("tokens/api") : tokenFile;
      return RestClient.of(address == null ? local() : address, organization, token);
    }

    private URI local() {
      Path file = state.resolve("address");
      try {
        return URI.create(Files.readString(file).strip() + "/v2");
      } catch (IOException e) {
        throw new UserError(
            "No coordinator runs with the state directory " + state,
            "Start one with `bakehouse coordinator --state " + state + "`, or give --address.",
            e);
      }
    }
  }

  static void print(BuildInfo build) {
    System.out.println("#" + build.number() + " " + build.state());
    for (BuildInfo.JobInfo job : build.jobs()) {
      String name = job.stepKey() != null ? job.stepKey() : job.name();
      System.out.printf(
          Locale.ROOT,
          "  %-24s %-14s exit %-4s %7.1f s  %s  %s%n",
          name == null ? job.command() : name,
          job.state(),
          job.exitStatus() == null ? "-" : job.exitStatus(),
          job.time().toMillis() / 1000.0,
          job.agent() == null ? "-" : job.agent().name(),
          job.id());
    }
  }

  static int status(BuildInfo build) {
    return build.ended() && !build.state().equals("passed") ? Exit.FAILED : Exit.OK;
  }

  @Command(name = "create", mixinStandardHelpOptions = true, description = "Starts a build.")
  static final class Create implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Target target;

    @Option(names = "--commit", description = "Commit (${DEFAULT-VALUE}).", defaultValue = "HEAD")
    @SuppressWarnings("NullAway.Init")
    private String commit;

    @Option(names = "--branch", description = "Branch (${DEFAULT-VALUE}).", defaultValue = "main")
    @SuppressWarnings("NullAway.Init")
    private String branch;

    @Option(names = "--message", description = "Message.", defaultValue = "")
    @SuppressWarnings("NullAway.Init")
    private String message;

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

  @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows a build's jobs.")
  static final class Show implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Target target;

    @Parameters(paramLabel = "NUMBER", description = "Number of the build.")
    private int number;

    @Override
    public Integer call() {
      BuildInfo build = target.client().build(target.pipeline, number);
      print(build);
      return status(build);
    }
  }

  @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Cancels a build.")
  static final class Cancel implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Target target;

    @Parameters(paramLabel = "NUMBER", description = "Number of the build.")
    private int number;

    @Override
    public Integer call() {
      print(target.client().cancel(target.pipeline, number));
      return Exit.OK;
    }
  }

  @Command(name = "log", mixinStandardHelpOptions = true, description = "Prints a job's log.")
  static final class Log implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Target target;

    @Parameters(index = "0", paramLabel = "NUMBER", description = "Number of the build.")
    private int number;

    @Parameters(index = "1", paramLabel = "JOB", description = "Id of the job.")
    @SuppressWarnings("NullAway.Init")
    private String job;

    @Override
    public Integer call() {
      byte[] log = target.client().log(target.pipeline, number, job);
      System.out.writeBytes(new LogText().filter(log));
      System.out.flush();
      return Exit.OK;
    }
  }
}
