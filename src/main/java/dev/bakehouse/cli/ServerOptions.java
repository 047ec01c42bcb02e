package dev.bakehouse.cli;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.job.JobSources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Whose REST API is asked: Buildkite's, or that of a coordinator.
final class ServerOptions {
  private static final Path HERE = Path.of("bakehouse.yml");
  private static final Path STATE = Path.of(".bakehouse/coordinator");

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "State directory of a coordinator on this machine; .bakehouse/coordinator, when"
              + " bakehouse.yml here has no `api.url`.")
  private @Nullable Path state;

  @Mixin private ServerAddress server = new ServerAddress();

  RestClient client() {
    Optional<JobSources.Api> api =
        state == null && !server.given() && Files.exists(HERE)
            ? Optional.of(JobSources.Api.read(HERE, Yaml.read(HERE).section("api")))
            : Optional.empty();
    return server.client(
        api.flatMap(JobSources.Api::url),
        api.flatMap(JobSources.Api::tokenFile),
        state == null ? STATE : state);
  }
}
