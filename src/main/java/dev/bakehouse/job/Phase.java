package dev.bakehouse.job;

/// The phases of a job. Logs, timings, metrics and failures name them in lower case.
public enum Phase {
  IMAGE,
  SLOT,
  CLONE,
  BOOT,
  ADDRESS,
  CONNECT,
  CHECKOUT,
  CACHE,
  COMMAND,
  COLLECT,
  DESTROY;

  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
