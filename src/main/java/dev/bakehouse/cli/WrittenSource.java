package dev.bakehouse.cli;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.WrittenPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// A pipeline that exists, and what `bakehouse.yml` says of the hosts.
final class WrittenSource {
  private static final Path CONFIG = Path.of("bakehouse.yml");

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "The pipeline, YAML or JSON; - is standard input (default).")
  private String file = "-";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration with the hosts (default: bakehouse.yml here, if there is one).")
  private Optional<Path> config = Optional.empty();

  WrittenPipeline pipeline() throws IOException {
    if (!file.equals("-")) {
      return WrittenPipeline.read(Path.of(file));
    }
    return WrittenPipeline.parse("standard input", StandardInput.text("the pipeline"));
  }

  FleetConfig fleet() {
    return config.isPresent() || Files.exists(CONFIG)
        ? FleetConfig.read(Yaml.read(config.orElse(CONFIG)))
        : FleetConfig.DEFAULT;
  }
}
