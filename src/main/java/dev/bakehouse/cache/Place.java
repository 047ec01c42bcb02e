package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.snapshot.Node;
import java.io.IOException;
import java.util.function.Consumer;

/// Where a step's caches lie while it runs: directories here, or in a guest.
public interface Place {
  /// Puts a saved cache in its directory's place.
  ///
  /// @param lost gets a line for each file that is left out because it is damaged
  /// @throws IOException when it did not arrive whole; the cache must not be used then
  void restore(Kind kind, Opened.Whole saved, Consumer<String> lost) throws IOException;

  /// Leaves an empty directory.
  void empty(Kind kind) throws IOException;

  /// Whether the cache certainly still is what was restored.
  default boolean unchanged(Kind kind, Entry restored) {
    return false;
  }

  /// When all that was restored was there and the step had not begun, by the clock of the place;
  /// see [Basis].
  default long sealed() {
    return Node.UNKNOWN;
  }

  /// @throws dev.bakehouse.platform.UserError when it could not be read whole, or the store fails;
  ///   nothing is saved then
  Saved save(CacheStore store, Address address, Basis basis);
}
