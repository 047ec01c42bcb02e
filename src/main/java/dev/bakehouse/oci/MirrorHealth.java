package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Which mirrors failed lately: they are left alone for a while, and that is said once.
public final class MirrorHealth {
  /// Long enough that a transfer is not slowed again and again.
  private static final Duration REST = Duration.ofMinutes(5);

  private final Consumer<String> log;
  private final Duration rest;
  private final Map<Mirror, Long> until = new ConcurrentHashMap<>();

  /// @param log takes one line a failure
  public MirrorHealth(Consumer<String> log) {
    this(log, REST);
  }

  /// @param rest how long a mirror is left alone
  MirrorHealth(Consumer<String> log, Duration rest) {
    this.log = log;
    this.rest = rest;
  }

  boolean resting(Mirror mirror) {
    Long end = until.get(mirror);
    if (end == null) {
      return false;
    }
    if (System.nanoTime() - end < 0) {
      return true;
    }
    until.remove(mirror, end);
    return false;
  }

  void failed(Mirror mirror, UserError why) {
    failed(mirror, String.valueOf(why.getMessage()));
  }

  void failed(Mirror mirror, String why) {
    long end = System.nanoTime() + rest.toNanos();
    if (until.putIfAbsent(mirror, end) == null) {
      String hint = mirror.plainHttp() ? "" : "; one without TLS is written http://" + mirror;
      say(
          "The mirror %s is left alone for %d s: %s%s"
              .formatted(mirror, rest.toSeconds(), why, hint));
    }
  }

  void say(String line) {
    log.accept(line);
  }
}
