package dev.bakehouse.image;

import dev.bakehouse.oci.Progress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/// Says now and then how far a transfer is, how fast, how long it will take, and what did not have
/// to be moved.
final class ProgressLine implements Progress {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Log log;
  private final String what;
  private final long every;
  private final long start = System.nanoTime();
  private final AtomicLong next;
  private final LongAdder done = new LongAdder();
  private final LongAdder moved = new LongAdder();
  private final Map<Reuse, LongAdder> reused = new ConcurrentSkipListMap<>();
  private volatile long total;

  ProgressLine(Log log, String what) {
    this.log = log;
    this.what = what;
    this.every = log.terminal() ? SECOND / 5 : 2 * SECOND;
    this.next = new AtomicLong(start + every);
  }

  @Override
  public void total(long bytes) {
    total = bytes;
  }

  @Override
  public void advance(long bytes) {
    done.add(bytes);
    long due = next.get();
    long now = System.nanoTime();
    if (now >= due && next.compareAndSet(due, now + every)) {
      log.status(line());
      log.event(event("progress"));
    }
  }

  /// Bytes that crossed so far.
  long moved() {
    return moved.sum();
  }

  @Override
  public void moved(long bytes) {
    moved.add(bytes);
  }

  @Override
  public void reused(Reuse how, long bytes) {
    reused.computeIfAbsent(how, h -> new LongAdder()).add(bytes);
  }

  @Override
  public void note(String line) {
    log.say(what + ": " + line);
  }

  /// The last line.
  void end() {
    double seconds = (System.nanoTime() - start) / (double) SECOND;
    log.say(
        "%s: %s in %.1f s, %s moved%s"
            .formatted(what, size(done.sum()), seconds, size(moved.sum()), saved()));
    log.event(event("progress"));
  }

  private String line() {
    return "%s: %s of %s, %s/s, %s left, %s moved%s"
        .formatted(
            what,
            size(done.sum()),
            size(total),
            size(rate()),
            rate() == 0 ? "unknown time" : left() + " s",
            size(moved.sum()),
            saved());
  }

  private Map<String, Object> event(String kind) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("event", kind);
    all.put("what", what);
    all.put("done", done.sum());
    all.put("total", total);
    all.put("moved", moved.sum());
    all.put("reused", reusedSum());
    Map<String, Long> by = new LinkedHashMap<>();
    reused.forEach((how, bytes) -> by.put(name(how), bytes.sum()));
    all.put("reusedBy", by);
    all.put("rate", rate());
    all.put("left", left());
    return all;
  }

  /// Bytes a second, of those that took work.
  private long rate() {
    long worked = Math.max(0, done.sum() - reusedSum());
    return Math.round(worked * (double) SECOND / Math.max(1, System.nanoTime() - start));
  }

  private long left() {
    return Math.round(Math.max(0, total - done.sum()) / (double) Math.max(1, rate()));
  }

  private long reusedSum() {
    return reused.values().stream().mapToLong(LongAdder::sum).sum();
  }

  private String saved() {
    List<String> all =
        reused.entrySet().stream()
            .filter(entry -> entry.getValue().sum() > 0)
            .map(entry -> name(entry.getKey()) + " " + size(entry.getValue().sum()))
            .toList();
    return all.isEmpty()
        ? ""
        : all.stream().collect(Collectors.joining(", ", " (not moved: ", ")"));
  }

  private static String name(Reuse how) {
    return how.name().toLowerCase(Locale.ROOT);
  }

  private static String size(long bytes) {
    return bytes < 10_000_000
        ? "%,d kB".formatted(bytes / 1000)
        : "%,d MB".formatted(bytes / 1_000_000);
  }
}
