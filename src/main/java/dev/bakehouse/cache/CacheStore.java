package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.Restored;
import dev.bakehouse.snapshot.TreeSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Saved caches, one state for each build, step and kind. They go in and come out as trees of files
/// or tar streams; how they are kept is the implementation's business.
public interface CacheStore {
  /// Writes a tar archive.
  @FunctionalInterface
  interface TarWriter {
    /// @throws IOException when the archive is not complete; then nothing is saved
    void writeTo(OutputStream out) throws IOException;
  }

  /// What a save builds on, so that it stores only what is new.
  ///
  /// @param snapshot what the tree was, when that is known: what was restored, or saved from the
  ///   same place
  /// @param added a snapshot of which files were added to it
  /// @param sealed see [dev.bakehouse.snapshot.Saver]: since when the tree may differ from that
  /// @param scopes whose newest state it probably resembles else, nearest first
  /// @param mayShrink whether a cache of less than half the bytes it had is saved: mostly a build
  ///   failed then
  record Basis(
      Optional<String> snapshot,
      Optional<String> added,
      long sealed,
      List<Scope> scopes,
      boolean mayShrink) {
    /// Nothing was added.
    public Basis(Optional<String> snapshot, long sealed, List<Scope> scopes, boolean mayShrink) {
      this(snapshot, Optional.empty(), sealed, scopes, mayShrink);
    }

    /// Nothing is known but what was saved before.
    public static Basis of(Scope scope) {
      return new Basis(Optional.empty(), Node.UNKNOWN, List.of(scope), false);
    }
  }

  /// What became of a save.
  ///
  /// @param entry empty when the cache held nothing worth saving
  /// @param added bytes the store took in
  /// @param reused bytes it had already
  record Saved(Optional<Entry> entry, long added, long reused) {}

  /// Some files of a saved cache.
  ///
  /// @param of the cache
  /// @param bytes what they hold together
  record More(Entry of, int files, long bytes, Content content) {
    /// Writes a tar archive of them, without directories.
    @FunctionalInterface
    interface Content {
      /// @return one line for each file that is left out because it is damaged
      List<String> writeTo(OutputStream out) throws IOException;
    }

    /// The archive.
    ///
    /// @param lost gets a line for each file that is left out because it is damaged
    public InputStream tar(Consumer<String> lost) throws IOException {
      return Pump.start(out -> content.writeTo(out).forEach(lost));
    }
  }

  /// An attempt to read a saved cache.
  sealed interface Opened {
    /// All of it seems to be there; every byte is checked when it is read.
    non-sealed interface Whole extends Opened {
      Entry entry();

      /// A tar archive. If reading fails half-way, what was unpacked must not be used.
      ///
      /// @param lost gets a line for each file that is left out because it is damaged
      InputStream tar(Consumer<String> lost) throws IOException;

      /// Puts it in the place of a directory on this machine; what is there already is not written
      /// again, and what is not of it goes.
      ///
      /// @param replace whether a directory may go of which nothing tells that it is a cache
      /// @throws dev.bakehouse.platform.UserError when the directory is not one to replace
      /// @throws IOException when it is not restored: the directory is as it was, or empty
      Restored restore(Path directory, boolean replace) throws IOException;

      /// The same where only a cache is replaced.
      default Restored restore(Path directory) throws IOException {
        return restore(directory, false);
      }

      /// The files worth saving that another saved state lacks, or has with other contents. Empty
      /// where that can not be told.
      ///
      /// @param there the snapshot of that state; an empty text for one that held nothing
      default Optional<More> beyond(String there) throws IOException {
        return Optional.empty();
      }
    }

    /// @param why what is wrong, for a warning
    record Damaged(String why) implements Opened {}
  }

  /// Saves a tree in one atomic step; a failure leaves the state before it.
  ///
  /// @throws dev.bakehouse.platform.UserError when the tree is not acceptable, it shrank, or the
  ///   store fails
  Saved save(Address address, TreeSource tree, Basis basis);

  /// As [#save(Address, TreeSource, Basis)] for a tree that comes as a tar archive.
  Saved save(Address address, TarWriter tar, Basis basis);

  /// Saves what is already there under another address; nothing is moved.
  ///
  /// @return empty when it is gone or damaged
  /// @throws dev.bakehouse.platform.UserError when the store fails
  Optional<Entry> again(Address address, Entry saved);

  /// What was saved in a scope for a kind, newest first. Unreadable entries are left out. They are
  /// read as they are taken, and both can fail.
  ///
  /// @throws dev.bakehouse.platform.UserError when the store can not be asked
  Stream<Entry> entries(Scope scope, Kind kind);

  /// What one build saved: by that step, else what serves it best, see [Step#among].
  ///
  /// @throws dev.bakehouse.platform.UserError when the store can not be asked
  Optional<Entry> find(Address address);

  /// Checks a saved cache and opens it. Never fails: what can not be read is damaged.
  Opened open(Entry entry);

  /// Notes that a cache was of use, for the retention, when the store can be written.
  void used(Entry entry);
}
