package dev.bakehouse.volume;

import java.time.Instant;
import java.util.Map;

/// A volume of this host and its newest generation.
///
/// @param name of its directory, for people to name it by
/// @param generation counts up with every one that is kept
/// @param build the build whose job left it so
/// @param published by kind, what the store has of it, an empty text where there is nothing to
///   have; empty until it has all
/// @param used when a job last got it
/// @param bytes on this host's disk
public record Volume(
    String name,
    VolumeKey key,
    long generation,
    String build,
    Instant kept,
    Map<String, String> published,
    Instant used,
    boolean pinned,
    int layers,
    long bytes) {
  /// For a log.
  public String shown() {
    return "generation " + generation + " of " + key.scope();
  }

  public Volume {
    published = Map.copyOf(published);
  }
}
