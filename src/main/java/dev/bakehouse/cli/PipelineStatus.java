package dev.bakehouse.cli;

import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.config.GithubSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.job.TargetStatus;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bakehouse pipeline status`.
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Sets the status of a target on the commit at GitHub, in a job behind the target's steps.",
      "Ends with 0 also when it can not: why stands in the log."
    })
final class PipelineStatus implements Callable<Integer> {
  @Option(
      names = "--target",
      required = true,
      paramLabel = "T",
      description = "Whose status, for example linux-x64.")
  private String target = "";

  @Override
  public Integer call() {
    if (!JobIdentity.inJob(System.getenv())) {
      throw new UserError(
          "Could not set the status of " + target + ": this is no job",
          "It is the last step of a target, see docs/pipelines.md.");
    }
    ofJob().ended(target);
    return Exit.OK;
  }

  /// For the job that this runs in.
  static TargetStatus ofJob() {
    return new TargetStatus(
        GithubSettings.read(
            Files.exists(CacheStoreOptions.FILE)
                ? Yaml.read(CacheStoreOptions.FILE).section("github")
                : Yaml.parse("(defaults)", "{}").section("github")),
        System.getenv(),
        System.getenv().getOrDefault("BUILDKITE_COMMIT", ""),
        System.out);
  }
}
