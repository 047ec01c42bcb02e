package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/// Saved caches, one state for each build, step and kind. They go in and come out as tar streams;
/// how they are kept is the implementation's business.
public interface CacheStore {
  /// Writes a tar archive.
  @FunctionalInterface
  interface TarWriter {
    /// @throws IOException when the archive is not complete; then nothing is saved
    void writeTo(OutputStream out) throws IOException;
  }

  /// What became of a save.
  ///
  /// @param entry empty when the cache held nothing worth saving
  /// @param added bytes the store took in
  /// @param reused bytes it had already
  record Saved(Optional<Entry> entry, long added, long reused) {}

  /// An attempt to read a saved cache.
  sealed interface Opened {
    /// Every byte was checked. Holds the data until closed, also when it is deleted meanwhile.
    non-sealed interface Whole extends Opened, AutoCloseable {
      Entry entry();

      /// The tar archive. If reading fails half-way, what was unpacked must not be used.
      InputStream tar() throws IOException;

      @Override
      void close();
    }

    /// @param why what is wrong, for a warning
    record Damaged(String why) implements Opened {}
  }

  /// Saves in one atomic step what a stream gives; a failure leaves the state before it.
  ///
  /// @param tar must fail, not end, when the archive is incomplete
  /// @throws dev.bakehouse.platform.UserError when the archive is not acceptable or the store fails
  Saved save(Address address, InputStream tar);

  /// As [#save(Address, InputStream)] for a source that writes.
  Saved save(Address address, TarWriter tar);

  /// Saves what is already there under another address; nothing is moved.
  ///
  /// @return empty when it is gone or damaged
  /// @throws dev.bakehouse.platform.UserError when the store fails
  Optional<Entry> again(Address address, Entry saved);

  /// What was saved in a scope for a kind, newest first. Unreadable entries are left out.
  ///
  /// @throws dev.bakehouse.platform.UserError when the store can not be asked
  List<Entry> entries(Scope scope, Kind kind);

  /// What one build saved: by that step, else by the step that saved last.
  ///
  /// @throws dev.bakehouse.platform.UserError when the store can not be asked
  Optional<Entry> find(Address address);

  /// Checks a saved cache and opens it. Never fails: what can not be read is damaged.
  Opened open(Entry entry);

  /// Notes that a cache was of use, for the retention, when the store can be written.
  void used(Entry entry);
}
