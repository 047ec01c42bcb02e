package dev.bakehouse.cli;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Self;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Which host's settings hold.
final class HostOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The host's configuration (default: bakehouse.yml here, when there is one and no --state).")
  private Optional<Path> config = Optional.empty();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "State directory, without a configuration (default: .bakehouse).")
  private Optional<Path> state = Optional.empty();

  HostSettings settings() {
    if (config.isPresent()) {
      return HostSettings.read(config.get());
    }
    Path here = Path.of("bakehouse.yml");
    return state.isEmpty() && Files.exists(here)
        ? HostSettings.read(here)
        : HostSettings.defaults(state.orElseGet(() -> Self.root().resolve(".bakehouse")));
  }
}
