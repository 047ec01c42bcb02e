package dev.bakehouse.cli;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.platform.HttpAddress;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A server of the REST API by its address.
final class ServerAddress {
  @Option(
      names = "--address",
      paramLabel = "URL",
      description = "Another server's, ending with /v2, such as https://api.buildkite.com/v2.")
  private @Nullable String address;

  @Option(names = "--token-file", paramLabel = "FILE", description = "File with its API token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--organization",
      paramLabel = "SLUG",
      description = "Organization; BUILDKITE_ORGANIZATION_SLUG, else bakehouse.")
  private @Nullable String organization;

  boolean given() {
    return address != null;
  }

  /// @param url address that stands in a configuration
  /// @param configured token file that stands there
  /// @param state directory of the coordinator that is asked when nothing else is named
  RestClient client(Optional<String> url, Optional<Path> configured, Path state) {
    URI server =
        address != null
            ? HttpAddress.parse(address, "--address")
            : url.map(URI::create).orElseGet(() -> local(state));
    Path token = tokenFile != null ? tokenFile : configured.orElseGet(() -> own(server, state));
    String slug =
        organization != null
            ? organization
            : System.getenv().getOrDefault("BUILDKITE_ORGANIZATION_SLUG", "bakehouse");
    return RestClient.of(server, slug, token);
  }

  /// The token of the coordinator on this machine may do everything there: nobody else gets it.
  private static Path own(URI server, Path state) {
    if (Files.exists(state.resolve("address")) && server.equals(local(state))) {
      return state.resolve("tokens/api");
    }
    throw new UserError(
        "There is no API token for " + server,
        "Give --token-file, or name one in `api.token-file` of bakehouse.yml.");
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
