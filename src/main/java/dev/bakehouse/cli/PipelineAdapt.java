package dev.bakehouse.cli;

import dev.bakehouse.pipeline.Adapt;
import dev.bakehouse.pipeline.Affinity;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.WrittenPipeline;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse pipeline adapt`.
@Command(
    name = "adapt",
    mixinStandardHelpOptions = true,
    description = "Has the steps for this installation's hosts wait for their image; prints JSON.")
final class PipelineAdapt implements Callable<Integer> {
  @Mixin private WrittenSource source = new WrittenSource();

  @Option(
      names = "--affinity",
      paramLabel = "MODE",
      description = "image, host or group, instead of the configuration's.")
  private Optional<String> affinity = Optional.empty();

  @Override
  public Integer call() throws IOException {
    // The JSON library's parser needs it, and its first use takes 10 ms of multiplying.
    Thread _ = Threads.start(() -> Objects.requireNonNull(BigDecimal.ZERO));
    WrittenPipeline pipeline = source.pipeline();
    FleetConfig fleet = source.fleet();
    int steps = Adapt.apply(pipeline, affinity.map(Affinity::of).map(fleet::with).orElse(fleet));
    System.out.print(pipeline.json());
    System.err.println(steps + " steps are for this installation's hosts");
    return Exit.OK;
  }
}
