package dev.bakehouse.volume;

import dev.bakehouse.platform.Digests;
import java.util.List;

/// Which volume: every scope, step and set of caches has its own. The step, because two steps of a
/// build that fill one kind of cache would else take turns in throwing each other's away.
///
/// @param scope whose caches, with the platform; only jobs of that scope write it
/// @param step the step's key or empty, with the place among its parallel jobs
/// @param kinds names of the caches on it, which lie on one disk
public record VolumeKey(String scope, String step, List<String> kinds) {
  private static final int READABLE = 60;
  private static final int HASH = 16;

  public VolumeKey {
    kinds = kinds.stream().sorted().toList();
  }

  /// The name of its directory: readable, and another one for every key.
  public String name() {
    String shown = (step.isEmpty() ? "" : step + "-") + String.join("-", kinds);
    String safe = shown.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.-]+", "");
    String whole = scope + "\0" + step + "\0" + String.join("\0", kinds);
    return safe.substring(0, Math.min(READABLE, safe.length()))
        + "-"
        + Digests.hex(whole).substring(0, HASH);
  }
}
