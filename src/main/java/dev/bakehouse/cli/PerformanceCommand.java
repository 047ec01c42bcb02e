package dev.bakehouse.cli;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.job.PerformanceStep;
import dev.bakehouse.performance.Benchmark;
import dev.bakehouse.performance.BenchmarkFile;
import dev.bakehouse.performance.Comparison;
import dev.bakehouse.performance.ComparisonText;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse performance`.
@Command(
    name = "performance",
    mixinStandardHelpOptions = true,
    description = "Benchmarks of builds.")
final class PerformanceCommand extends Group {
  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return Map.of("compare", Compare::new);
  }

  @Command(
      name = "compare",
      mixinStandardHelpOptions = true,
      description = {
        "Compares two files of benchmarks; in a job and without files, those of its build with those"
            + " of the last passed build of its base branch, as an annotation.",
        "Ends with 0, with 1 when a benchmark got worse, with 2 when there is nothing to compare."
      })
  static final class Compare implements Callable<Integer> {
    @Parameters(
        arity = "0..2",
        paramLabel = "FILE",
        description = "Two files: of before, and of now.")
    private List<Path> files = List.of();

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Names the thresholds in `pipeline.performance` (${DEFAULT-VALUE}).")
    private Path config = Path.of("bakehouse.yml");

    @Override
    public Integer call() {
      try {
        PerformanceConfig performance = config();
        return switch (files.size()) {
          case 0 -> inJob(performance);
          case 2 -> files(performance);
          default ->
              throw new UserError(
                  "There is only one file to compare", "Name that of before, then that of now.");
        };
      } catch (UserError e) {
        int _ = Exit.of(e);
        return PerformanceConfig.UNUSABLE;
      }
    }

    private PerformanceConfig config() {
      return Files.exists(config)
          ? PerformanceConfig.read(Yaml.read(config).section("pipeline"))
              .orElse(PerformanceConfig.DEFAULT)
          : PerformanceConfig.DEFAULT;
    }

    private static int inJob(PerformanceConfig performance) {
      Path scratch = Self.root().resolve(".bakehouse").resolve("performance");
      return new PerformanceStep(
              new CacheStoreOptions().api(), scratch, System.getenv(), System.out)
          .run(performance);
    }

    private int files(PerformanceConfig performance) {
      Path before = files.getFirst();
      Path now = files.getLast();
      Comparison comparison = Comparison.of(read(before), read(now), performance.thresholds());
      System.out.print(ComparisonText.markdown(now + " beside " + before, comparison));
      return comparison.regressed() ? PerformanceConfig.REGRESSED : Exit.OK;
    }

    private static List<Benchmark> read(Path file) {
      try {
        return BenchmarkFile.read(file.toString(), Files.readAllBytes(file));
      } catch (IOException e) {
        throw new UserError(
            "Could not read the benchmarks in " + file + ": " + Reason.of(e),
            "Check its path and mode.",
            e);
      }
    }
  }
}
