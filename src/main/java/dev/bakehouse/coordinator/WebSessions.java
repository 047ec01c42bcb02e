package dev.bakehouse.coordinator;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Who looks at the web page: codes that open it once, and the sessions they become. A session
/// stands for the API token that asked for it and ends with that, with its time or with this
/// process; it is in memory alone.
final class WebSessions {
  static final Duration CODE = Duration.ofMinutes(10);
  static final Duration SESSION = Duration.ofHours(12);

  /// Of each, and of each of one token, which ends nobody else's by that; the oldest make room.
  private static final int MOST = 1000;

  private static final int OF_ONE = 100;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanos;
  private final Map<String, Entry> codes = new LinkedHashMap<>();
  private final Map<String, Entry> sessions = new LinkedHashMap<>();

  private record Entry(String token, long begun) {}

  WebSessions() {
    this(System::nanoTime);
  }

  /// @param nanos passing time, as of [System#nanoTime]
  WebSessions(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// A code for a link, good once.
  ///
  /// @param token of the API; the caller has checked it
  synchronized String code(String token) {
    return put(codes, token, CODE);
  }

  /// A session, by the token itself.
  ///
  /// @param token of the API; the caller has checked it
  synchronized String begin(String token) {
    return put(sessions, token, SESSION);
  }

  /// The session that a code opens; empty for one that was used, is too old or never was.
  synchronized Optional<String> open(String code) {
    drop(codes, CODE);
    return Optional.ofNullable(codes.remove(code)).map(entry -> begin(entry.token));
  }

  /// The API token a session stands for.
  synchronized Optional<String> token(String session) {
    drop(sessions, SESSION);
    return Optional.ofNullable(sessions.get(session)).map(Entry::token);
  }

  synchronized void end(String session) {
    sessions.remove(session);
  }

  private String put(Map<String, Entry> all, String token, Duration time) {
    drop(all, time);
    List<String> own =
        all.entrySet().stream()
            .filter(entry -> entry.getValue().token.equals(token))
            .map(Map.Entry::getKey)
            .toList();
    if (own.size() >= OF_ONE) {
      all.remove(own.getFirst());
    } else if (all.size() >= MOST) {
      all.remove(all.keySet().iterator().next());
    }
    byte[] bytes = new byte[24];
    random.nextBytes(bytes);
    String name = "web_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    all.put(name, new Entry(token, nanos.getAsLong()));
    return name;
  }

  private void drop(Map<String, Entry> all, Duration time) {
    long now = nanos.getAsLong();
    all.values().removeIf(entry -> now - entry.begun >= time.toNanos());
  }
}
