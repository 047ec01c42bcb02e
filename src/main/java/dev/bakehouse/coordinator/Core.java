package dev.bakehouse.coordinator;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// What every part of the coordinator works on.
///
/// @param seen when each agent was last heard of, in [System#nanoTime]; empty after a restart,
///   which gives every agent its full time again
record Core(
    Config config,
    Database database,
    Changes changes,
    Tokens tokens,
    Map<String, Long> seen,
    Deadlines deadlines) {
  static Core of(Config config, Database database, Changes changes, Tokens tokens) {
    return new Core(
        config,
        database,
        changes,
        tokens,
        new ConcurrentHashMap<>(),
        new Deadlines(Core::now, () -> System.nanoTime() / 1_000_000));
  }

  static long now() {
    return System.currentTimeMillis();
  }

  static String id() {
    return UUID.randomUUID().toString();
  }

  void heard(String agent) {
    seen.put(agent, System.nanoTime());
  }
}
