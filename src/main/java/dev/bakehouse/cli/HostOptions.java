package dev.bakehouse.cli;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Which host's settings hold.
final class HostOptions {
  private static final Path HERE = Path.of("bakehouse.yml");

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
    return file()
        .map(HostSettings::read)
        .orElseGet(
            () -> HostSettings.defaults(state.orElseGet(() -> Self.root().resolve(".bakehouse"))));
  }

  /// Of a host that is to be told something: one that is named by its state directory has that.
  HostSettings told() {
    HostSettings host = settings();
    if (file().isEmpty() && !Files.isDirectory(host.state())) {
      throw new UserError(
          "There is no host with the state directory " + host.state(),
          "Name the directory it has, or its configuration with --config FILE.");
    }
    return host;
  }

  /// Of a host that its daemon can read, too.
  HostSettings configured() {
    return HostSettings.read(
        file()
            .orElseThrow(
                () ->
                    new UserError(
                        "A service needs the host's configuration, and "
                            + (state.isPresent()
                                ? "--state names none"
                                : HERE.toAbsolutePath() + " is not there"),
                        "Name it with --config FILE.")));
  }

  private Optional<Path> file() {
    return config.or(() -> Optional.of(HERE).filter(f -> state.isEmpty() && Files.exists(f)));
  }
}
