package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.snapshot.Sweep;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// What caches take up in a store together. They share packs, so one that goes frees what no other
/// needs.
final class Occupied {
  private final Sweep sweep;
  private final Map<String, Integer> users = new HashMap<>();
  private long bytes;

  Occupied(Sweep sweep, Collection<Stored> caches) throws IOException {
    this.sweep = sweep;
    for (Stored each : caches) {
      bytes += each.blob().size();
      for (Map.Entry<String, Long> part : parts(each)) {
        if (users.merge(part.getKey(), 1, Integer::sum) == 1) {
          bytes += part.getValue();
        }
      }
    }
  }

  long bytes() {
    return bytes;
  }

  void without(Stored gone) throws IOException {
    bytes -= gone.blob().size();
    for (Map.Entry<String, Long> part : parts(gone)) {
      if (users.merge(part.getKey(), -1, Integer::sum) == 0) {
        bytes -= part.getValue();
      }
    }
  }

  private Set<Map.Entry<String, Long>> parts(Stored cache) throws IOException {
    return sweep.parts(cache.manifest().snapshot()).entrySet();
  }
}
