package dev.bakehouse.job;

import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/// Runs the phases of one job, writes a collapsed log group for each, and keeps their times. Parts
/// of a phase may go beside another one.
///
/// A line that starts with `---` opens a collapsed group in Buildkite's log, `+++` an expanded one,
/// `^^^ +++` expands the one that is open:
/// https://buildkite.com/docs/pipelines/configure/managing-log-output
public final class Phases {
  private final PrintStream log;
  private final Map<Phase, Duration> times = new EnumMap<>(Phase.class);
  private String speed = "";

  public Phases(PrintStream log) {
    this.log = log;
  }

  /// Runs one phase under its own log group.
  ///
  /// @throws Infrastructure for whatever goes wrong in it
  public <T> T run(Phase phase, String what, Callable<T> work) {
    log.println("--- bakehouse: " + phase.label() + " · " + what);
    return timed(phase, work);
  }

  /// Runs a phase without a group of its own: the work writes its own headings.
  public <T> T timed(Phase phase, Callable<T> work) {
    try {
      return part(phase, work);
    } catch (Exception e) {
      log.println("^^^ +++");
      throw Infrastructure.of(phase, e);
    }
  }

  /// Runs a part of a phase whose failure is not the job's: nothing is said of it here.
  <T> T part(Phase phase, Callable<T> work) throws Exception {
    long begin = System.nanoTime();
    try {
      return work.call();
    } finally {
      add(phase, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  public void say(String line) {
    log.println(line);
  }

  synchronized void add(Phase phase, Duration time) {
    times.merge(phase, time, Duration::plus);
  }

  /// Notes how the job's VM came to run: `boot`, `resume` or `standby`.
  void started(String how) {
    speed = how;
  }

  /// As noted; empty when no VM ran.
  String speed() {
    return speed;
  }

  public Map<Phase, Duration> times() {
    return Map.copyOf(ordered());
  }

  private synchronized Map<Phase, Duration> ordered() {
    return new EnumMap<>(times);
  }

  /// The times by the phases' labels, in the order of the phases.
  Map<String, Double> seconds() {
    Map<String, Double> seconds = new LinkedHashMap<>();
    ordered().forEach((phase, time) -> seconds.put(phase.label(), time.toMillis() / 1000.0));
    return seconds;
  }

  /// The times on one line, in the order of the phases, and how the VM came to run.
  public String summary() {
    return ordered().entrySet().stream()
            .map(
                e ->
                    e.getKey().label()
                        + " "
                        + String.format(Locale.ROOT, "%.1f", e.getValue().toMillis() / 1000.0)
                        + " s")
            .collect(Collectors.joining(" · "))
        + (speed.isEmpty() ? "" : " (VM by " + speed + ")");
  }
}
