package dev.bakehouse.cli;

import dev.bakehouse.pipeline.Explain;
import dev.bakehouse.pipeline.StepTimes;
import dev.bakehouse.pipeline.WrittenPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse pipeline explain`.
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Says what will run where, in which order, and why.")
final class PipelineExplain implements Callable<Integer> {
  @Mixin private WrittenSource source = new WrittenSource();

  @Option(
      names = "--times",
      paramLabel = "FILE",
      description =
          "Builds with measured times: what `run --json` wrote, or of the REST API. May be repeated.")
  private List<Path> times = List.of();

  @Option(names = "--json", description = "Print it as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Map<String, Double> seconds = StepTimes.read(times);
    WrittenPipeline pipeline = source.pipeline();
    Explain explained = Explain.of(pipeline, source.fleet(), seconds);
    if (json) {
      System.out.println(JsonMapper.shared().writeValueAsString(explained));
      return Exit.OK;
    }
    for (Explain.Line line : explained.steps()) {
      String hosts = String.join(", ", line.hosts());
      System.out.printf(
          Locale.ROOT,
          "%3d  %-8s %-32s %s%s%n",
          line.wave(),
          line.kind(),
          line.step(),
          line.when(),
          line.seconds() == null ? "" : ", takes " + shown(line.seconds()));
      if (!line.where().isEmpty()) {
        System.out.println(" ".repeat(14) + (hosts.isEmpty() ? "" : hosts + ": ") + line.where());
      }
    }
    if (!explained.criticalPath().isEmpty()) {
      System.out.println(
          "Critical path, "
              + shown(explained.criticalSeconds())
              + ": "
              + explained.criticalPath().stream()
                  .map(step -> step + " (" + shown(seconds.getOrDefault(step, 0.0)) + ")")
                  .collect(Collectors.joining(" → ")));
    }
    if (!seconds.isEmpty() && !explained.unmeasured().isEmpty()) {
      System.out.println("Not measured: " + String.join(", ", explained.unmeasured()));
    }
    return Exit.OK;
  }

  private static String shown(double seconds) {
    return String.format(Locale.ROOT, "%.0f s", seconds);
  }
}
