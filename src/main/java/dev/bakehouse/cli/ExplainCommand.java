package dev.bakehouse.cli;

import dev.bakehouse.buildkite.Explainer;
import dev.bakehouse.buildkite.Explanation;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.JobReference;
import dev.bakehouse.buildkite.RestClient;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse explain JOB`.
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description =
        "Tells why a job waits: which agents it needs and what they lack, what comes before it, how"
            + " long that takes; or where it ran.")
final class ExplainCommand implements Callable<Integer> {
  @Mixin private ServerOptions server = new ServerOptions();

  @Option(
      names = "--pipeline",
      paramLabel = "SLUG",
      description = "Pipeline of a build that is named by its number.")
  private Optional<String> pipeline = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Parameters(
      paramLabel = "JOB",
      description = "A job's id or address, or [PIPELINE#]NUMBER/STEP of a build.")
  private String job = "";

  @Override
  public Integer call() {
    JobReference reference = JobReference.parse(job).within(pipeline);
    RestClient client = server.client();
    JobInfo found = reference.find(client, ExplainCommand::waiting);
    Explanation explanation = new Explainer(client, Clock.systemUTC()).explain(found);
    System.out.print(json ? JSON.writeValueAsString(explanation) + "\n" : explanation.text());
    return Exit.OK;
  }

  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /// Of a whole build its only job, else the first that waits for an agent.
  private static Optional<JobInfo> waiting(List<JobInfo> jobs) {
    return jobs.size() == 1
        ? Optional.of(jobs.getFirst())
        : jobs.stream().filter(j -> "scheduled".equals(j.state())).findFirst();
  }
}
