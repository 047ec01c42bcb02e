package dev.bakehouse.cli;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--address",
      paramLabel = "URL",
      description = "Another server's, ending with /v2, such as https://api.buildkite.com/v2.")
  private @Nullable URI address;

  @Option(names = "--token-file", paramLabel = "FILE", description = "File with its API token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--organization",
      paramLabel = "SLUG",
      description = "Organization; BUILDKITE_ORGANIZATION_SLUG, else bakehouse.")
  private @Nullable String organization;

  RestClient client() {
    Optional<Section> configured =
        state == null && address == null && Files.exists(HERE)
            ? Optional.of(Yaml.read(HERE).section("api")).filter(api -> api.text("url").isPresent())
            : Optional.empty();
    Path own = state == null ? STATE : state;
    Path token =
        tokenFile != null
            ? tokenFile
            : configured
                .flatMap(api -> api.text("token-file"))
                .map(Path::of)
                .orElse(own.resolve("tokens/api"));
    URI server =
        address != null
            ? address
            : configured
                .flatMap(api -> api.text("url"))
                .map(URI::create)
                .orElseGet(() -> local(own));
    return RestClient.of(server, organization(), token);
  }

  private String organization() {
    return organization != null
        ? organization
        : System.getenv().getOrDefault("BUILDKITE_ORGANIZATION_SLUG", "bakehouse");
  }

  private static URI local(Path state) {
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
