package dev.bakehouse.job;

/// The phases of a job. Logs, timings, metrics and failures name them in lower case.
public enum Phase {
  IMAGE,
  /// A passed build's artifacts, taken over instead of building.
  TAKE,
  SLOT,
  CLONE,
  BOOT,
  ADDRESS,
  CONNECT,
  /// The cache volume: its disk cloned and mounted.
  ATTACH,
  /// A new cache volume, from the store.
  FILL,
  CHECKOUT,
  CACHE,
  /// Their times of earlier builds, and how they ended.
  TESTS,
  COMMAND,
  COLLECT,
  /// What is kept of a job that failed.
  EVIDENCE,
  DESTROY;

  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
