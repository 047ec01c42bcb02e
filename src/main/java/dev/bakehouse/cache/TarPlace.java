package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;

/// A place that is reached by tar streams only, such as a guest.
public interface TarPlace extends Place {
  /// Brings an archive there, with [Packing#unpack].
  ///
  /// @param of what the archive is, for [#unchanged(Kind, String)]
  /// @throws IOException when it did not arrive whole
  void unpack(Kind kind, String of, InputStream tar) throws IOException;

  /// Fetches an archive from there, with [Packing#pack].
  ///
  /// @throws IOException when it is not complete
  void pack(Kind kind, OutputStream tar) throws IOException;

  /// Whether the cache is still what was unpacked, as [Packing#unchanged] tells.
  boolean unchanged(Kind kind, String of);

  @Override
  default void restore(Kind kind, Opened.Whole saved, Consumer<String> lost) throws IOException {
    try (InputStream tar = saved.tar(lost)) {
      unpack(kind, saved.entry().address().toString(), tar);
    }
  }

  @Override
  default void empty(Kind kind) throws IOException {
    int blocks = 20;
    unpack(kind, "", new ByteArrayInputStream(new byte[blocks * 512]));
  }

  @Override
  default boolean unchanged(Kind kind, Entry restored) {
    return unchanged(kind, restored.address().toString());
  }

  @Override
  default Saved save(CacheStore store, Address address, Basis basis) {
    return store.save(address, out -> pack(address.kind(), out), basis);
  }
}
