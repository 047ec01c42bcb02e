package dev.bakehouse.performance;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.stream.Stream;

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

  /// With the samples of another run, of another shard for example.
  ///
  /// @throws UserError when that measured something else under this name
  Benchmark and(Benchmark other) {
    if (!unit.equals(other.unit) || higherIsBetter != other.higherIsBetter) {
      throw new UserError(
          "The benchmark `" + name + "` stands twice, with different `unit` or `better`",
          "Give each benchmark a name of its own.");
    }
    return new Benchmark(
        name,
        unit,
        higherIsBetter,
        Stream.concat(samples.stream(), other.samples.stream()).toList());
  }
}
