package dev.bakehouse.performance;

import static java.util.stream.Collectors.toList;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Benchmarks of a build beside those of an earlier one, by their medians.
///
/// @param rows the worst first
public record Comparison(List<Row> rows) {
  private static final int MOST = 10_000;

  /// In the order in which they are shown.
  public enum Verdict {
    REGRESSED("worse"),
    NOISE("within noise"),
    IMPROVED("better"),
    SAME("same"),
    NEW("new"),
    GONE("gone");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /// One benchmark; at least one of both has it.
  ///
  /// @param worse percent by which it got worse, negative when it got better; 0 where only one has
  ///   it, infinite where it was nothing
  /// @param threshold percent that are allowed
  public record Row(
      String name,
      Optional<Benchmark> base,
      Optional<Benchmark> now,
      double worse,
      int threshold,
      Verdict verdict) {}

  public Comparison {
    rows = List.copyOf(rows);
  }

  /// @param base of the earlier build; a name may stand several times, as several samples
  /// @throws UserError when one name stands for different things, or there are too many
  public static Comparison of(List<Benchmark> base, List<Benchmark> now, Thresholds thresholds) {
    Map<String, Benchmark> before = byName(base);
    Map<String, Benchmark> after = byName(now);
    List<Row> rows = new ArrayList<>();
    after.values().forEach(each -> rows.add(row(before.get(each.name()), each, thresholds)));
    before.values().stream()
        .filter(each -> !after.containsKey(each.name()))
        .forEach(
            each ->
                rows.add(
                    new Row(
                        each.name(),
                        Optional.of(each),
                        Optional.empty(),
                        0,
                        thresholds.of(each.name()),
                        Verdict.GONE)));
    rows.sort(
        Comparator.comparing(Row::verdict)
            .thenComparing(Comparator.comparingDouble(Row::worse).reversed())
            .thenComparing(Row::name));
    return new Comparison(rows);
  }

  /// How many benchmarks have a verdict.
  public long count(Verdict verdict) {
    return rows.stream().filter(row -> row.verdict() == verdict).count();
  }

  public boolean regressed() {
    return count(Verdict.REGRESSED) > 0;
  }

  private static Map<String, Benchmark> byName(List<Benchmark> all) {
    Map<String, List<Benchmark>> groups =
        all.stream().collect(Collectors.groupingBy(Benchmark::name, LinkedHashMap::new, toList()));
    if (groups.size() > MOST) {
      throw new UserError(
          "There are " + groups.size() + " benchmarks, more than " + MOST, "Leave some out.");
    }
    Map<String, Benchmark> named = new LinkedHashMap<>();
    groups.forEach((name, runs) -> named.put(name, Benchmark.together(runs)));
    return named;
  }

  /// What was measured in another unit can not be compared: it is new.
  private static Row row(@Nullable Benchmark base, Benchmark now, Thresholds thresholds) {
    int threshold = thresholds.of(now.name());
    if (base == null || !base.unit().equals(now.unit())) {
      return new Row(now.name(), Optional.empty(), Optional.of(now), 0, threshold, Verdict.NEW);
    }
    double grown = now.median() - base.median();
    double worse = grown == 0 ? 0 : 100 * (now.higherIsBetter() ? -grown : grown) / base.median();
    Verdict verdict = Verdict.SAME;
    if (Math.abs(worse) > threshold) {
      verdict =
          base.overlaps(now) ? Verdict.NOISE : worse > 0 ? Verdict.REGRESSED : Verdict.IMPROVED;
    }
    return new Row(now.name(), Optional.of(base), Optional.of(now), worse, threshold, verdict);
  }
}
