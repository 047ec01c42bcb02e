package dev.bakehouse.cli;

import dev.bakehouse.pipeline.Adapt;
import dev.bakehouse.pipeline.Affinity;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.WrittenPipeline;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
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
    // While the pipeline is written, and the JSON library sets itself up.
    FutureTask<FleetConfig> reading = new FutureTask<>(source::fleet);
    Thread _ = Threads.start(reading);
    WrittenPipeline pipeline = source.pipeline();
    FleetConfig fleet = Threads.get(reading);
    int steps = Adapt.apply(pipeline, affinity.map(Affinity::of).map(fleet::with).orElse(fleet));
    System.out.print(pipeline.json());
    System.err.println(steps + " steps are for this installation's hosts");
    return Exit.OK;
  }
}
