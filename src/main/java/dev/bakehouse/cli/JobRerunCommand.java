package dev.bakehouse.cli;

import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.JobReference;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Rerun;
import dev.bakehouse.platform.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse job rerun BUILD-OR-JOB`.
@Command(
    name = "rerun",
    mixinStandardHelpOptions = true,
    description =
        "Runs a job of any build once more in a VM here, with its image, commit, environment and"
            + " caches; its build hears nothing of it. Ends with the job's status, 125 when the"
            + " machinery failed.")
final class JobRerunCommand implements Callable<Integer> {
  @Mixin private HostOptions host = new HostOptions();
  @Mixin private ServerAddress server = new ServerAddress();

  @Option(
      names = "--pipeline",
      paramLabel = "SLUG",
      description = "Pipeline of a build that is named by its number.")
  private Optional<String> pipeline = Optional.empty();

  @Option(
      names = "--image",
      paramLabel = "NAME",
      description = "Another local image than the job's.")
  private Optional<String> image = Optional.empty();

  @Option(
      names = "--env",
      paramLabel = "NAME",
      description = "A variable of this process the job gets, such as a secret; repeatable.")
  private List<String> env = List.of();

  @Option(
      names = "--shell",
      description = "Open a shell in its VM after the command, in its checkout.")
  private boolean shell;

  @Parameters(
      paramLabel = "BUILD-OR-JOB",
      description =
          "A job's id or address, or [PIPELINE#]NUMBER[/STEP] of a build: without a step, the"
              + " first that failed.")
  private String job = "";

  @Override
  public Integer call() throws Exception {
    return JobCommand.infrastructure(this::run);
  }

  private int run() {
    HostSettings settings = host.settings();
    JobReference reference = JobReference.parse(job).within(pipeline);
    RestClient client =
        server.client(
            settings.apiUrl(), settings.apiTokenFile(), settings.state().resolve("coordinator"));
    JobInfo found = reference.find(client, new Failed());
    return Rerun.run(
        settings,
        new Rerun.Request(
            found,
            JobReference.build(client, found),
            client.environment(String.valueOf(found.id())),
            client.address(),
            given(),
            image,
            shell));
  }

  private Map<String, String> given() {
    Map<String, String> all = new LinkedHashMap<>();
    for (String name : env) {
      String value = System.getenv(name);
      if (value == null) {
        throw new UserError(
            "The variable " + name + " named by --env is not set",
            "Set it, or leave the option out.");
      }
      all.put(name, value);
    }
    return all;
  }

  /// A build's only job, whatever became of it, else the first that failed.
  private static final class Failed implements JobReference.Pick {
    private final JobReference.Pick first =
        JobReference.Pick.first("has no job that failed", "failed", "timed_out");

    @Override
    public Optional<JobInfo> of(List<JobInfo> jobs) {
      return jobs.size() == 1 ? Optional.of(jobs.getFirst()) : first.of(jobs);
    }

    @Override
    public String none() {
      return first.none();
    }
  }
}
