package dev.bakehouse.performance;

import dev.bakehouse.platform.UserError;
import java.util.List;

/// What one benchmark measured.
///
/// @param unit of the samples; may be empty
/// @param higherIsBetter whether more is better, as of requests a second
/// @param samples at least one, in ascending order; finite and not negative
public record Benchmark(String name, String unit, boolean higherIsBetter, List<Double> samples) {
  public Benchmark {
    samples = samples.stream().sorted().toList();
  }

  public double median() {
    int half = samples.size() / 2;
    return samples.size() % 2 == 1
        ? samples.get(half)
        : samples.get(half - 1) + (samples.get(half) - samples.get(half - 1)) / 2;
  }

  double least() {
    return samples.getFirst();
  }

  double most() {
    return samples.getLast();
  }

  /// Whether the ranges of the samples have a value in common.
  boolean overlaps(Benchmark other) {
    return least() <= other.most() && other.least() <= most();
  }

  /// The samples of several runs, of shards for example, as those of one.
  ///
  /// @param runs at least one, all of one name
  /// @throws UserError when they measured different things under that name
  static Benchmark together(List<Benchmark> runs) {
    Benchmark first = runs.getFirst();
    for (Benchmark each : runs) {
      if (!each.unit.equals(first.unit) || each.higherIsBetter != first.higherIsBetter) {
        throw new UserError(
            "The benchmark `" + first.name + "` stands twice, with different `unit` or `better`",
            "Give each benchmark a name of its own.");
      }
    }
    return new Benchmark(
        first.name,
        first.unit,
        first.higherIsBetter,
        runs.stream().flatMap(each -> each.samples.stream()).toList());
  }
}
