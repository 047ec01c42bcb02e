package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildReport;
import dev.bakehouse.coordinator.BuildReport.CacheReport;
import dev.bakehouse.coordinator.BuildReport.Overhead;
import dev.bakehouse.coordinator.BuildReport.StepReport;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The comparison the demo ends with, as text of at most 100 columns.
final class DemoTable {
  private static final List<String> PHASES =
      List.of(
          "image",
          "slot",
          "clone",
          "boot",
          "connect",
          "checkout",
          "cache",
          "command",
          "collect",
          "destroy");

  private static final String OVERHEAD = "%-26s %8s %8s %9s %9s %9s %9s %6s";
  private static final double OVERHEAD_GOAL = 0.1;

  private DemoTable() {}

  static String render(BuildReport cold, BuildReport warm) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%-26s %8s %8s %6s  %-8s %-22s",
        "step (command seconds)",
        "cold",
        "warm",
        "ratio",
        "host",
        "VM (warm)");
    Map<String, StepReport> before =
        cold.steps().stream()
            .collect(Collectors.toMap(StepReport::title, Function.identity(), (a, b) -> b));
    for (StepReport step : warm.steps()) {
      StepReport first = before.get(step.title());
      double was = first == null ? 0 : first.command();
      line(
          text,
          "%-26s %8s %8s %6s  %-8s %-22s",
          step.title(),
          number(was),
          number(step.command()),
          ratio(step.command(), was),
          text(step.host()),
          text(step.vm()));
    }
    line(
        text,
        "%-26s %8s %8s %6s",
        "all commands",
        number(cold.command()),
        number(warm.command()),
        ratio(warm.command(), cold.command()));
    line(
        text,
        "%-26s %8s %8s %6s",
        "whole build",
        number(cold.seconds()),
        number(warm.seconds()),
        ratio(warm.seconds(), cold.seconds()));
    text.append('\n');
    line(text, "%-26s %8s %8s", "phase (all jobs, seconds)", "cold", "warm");
    Map<String, Double> coldPhases = phases(cold);
    Map<String, Double> warmPhases = phases(warm);
    for (String phase : PHASES) {
      line(
          text,
          "%-26s %8s %8s",
          phase,
          number(coldPhases.getOrDefault(phase, 0.0)),
          number(warmPhases.getOrDefault(phase, 0.0)));
    }
    text.append('\n');
    line(text, "%-26s %14s %14s  %s", "cache", "cold hits", "warm hits", "warm restored from");
    Map<String, CacheReport> coldCaches =
        cold.caches().stream().collect(Collectors.toMap(CacheReport::kind, Function.identity()));
    for (CacheReport cache : warm.caches()) {
      line(
          text,
          "%-26s %14s %14s  %s",
          cache.kind(),
          hits(coldCaches.get(cache.kind())),
          hits(cache),
          cache.source().isEmpty() ? "nothing" : cache.source());
    }
    overhead(text, warm);
    return text.toString();
  }

  /// What caches cost each warm job that has some, beside archives of tar and gzip among the
  /// build's artifacts, where that was measured.
  private static void overhead(StringBuilder text, BuildReport warm) {
    List<StepReport> steps =
        warm.steps().stream().filter(s -> s.overhead() != null && !s.caches().isEmpty()).toList();
    if (steps.isEmpty()) {
      return;
    }
    text.append('\n');
    line(
        text,
        OVERHEAD,
        "caches (warm, seconds)",
        "restore",
        "save",
        "download",
        "tar xzf",
        "tar czf",
        "upload",
        "ratio");
    List<Overhead> costs = steps.stream().map(s -> Objects.requireNonNull(s.overhead())).toList();
    for (int i = 0; i < steps.size(); i++) {
      cost(text, steps.get(i).title(), costs.get(i));
    }
    Overhead all = costs.stream().reduce(Overhead::plus).orElseThrow();
    cost(text, "all", all);
    if (all.tar() > 0) {
      double ratio = all.own() / all.tar();
      line(
          text,
          "goal caches beside tar.gz as artifacts: %.2f (asked %.2f) %s",
          ratio,
          OVERHEAD_GOAL,
          ratio <= OVERHEAD_GOAL ? "met" : "missed");
    }
  }

  private static void cost(StringBuilder text, String title, Overhead cost) {
    boolean measured = cost.tar() > 0;
    line(
        text,
        OVERHEAD,
        title,
        exact(cost.restore()),
        exact(cost.save()),
        measured ? exact(cost.download()) : "-",
        measured ? exact(cost.unpack()) : "-",
        measured ? exact(cost.pack()) : "-",
        measured ? exact(cost.upload()) : "-",
        ratio(cost.own(), cost.tar()));
  }

  private static String exact(double seconds) {
    return String.format(Locale.ROOT, "%.2f", seconds);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  static double hitRate(BuildReport build, String kind) {
    return build.caches().stream()
        .filter(c -> c.kind().equals(kind))
        .mapToDouble(CacheReport::rate)
        .findFirst()
        .orElse(0);
  }

  private static String hits(@Nullable CacheReport cache) {
    return cache == null
        ? "-"
        : String.format(
            Locale.ROOT,
            "%d/%d %3.0f %%",
            cache.hits(),
            cache.hits() + cache.misses(),
            100 * cache.rate());
  }

  private static Map<String, Double> phases(BuildReport build) {
    Map<String, Double> sums = new TreeMap<>();
    build
        .steps()
        .forEach(
            s -> s.phases().forEach((phase, seconds) -> sums.merge(phase, seconds, Double::sum)));
    return sums;
  }

  private static String ratio(double now, double before) {
    return before <= 0 ? "" : String.format(Locale.ROOT, "%.2f", now / before);
  }

  private static String number(double seconds) {
    return String.format(Locale.ROOT, "%.1f", seconds);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }
}
