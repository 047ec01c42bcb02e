package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/// A tree of files to save: first what is there, then the contents of what the store lacks.
public interface TreeSource {
  /// Takes the nodes of a listing.
  @FunctionalInterface
  interface Visitor {
    void node(Node node) throws IOException;
  }

  /// Takes the contents of files.
  @FunctionalInterface
  interface Reader {
    /// @param file as it was asked for
    /// @param content read to its end before the call returns; closed by the caller
    void file(File file, InputStream content) throws IOException;
  }

  /// Visits all nodes once, sorted by path, on the calling thread. A tree that is not there has
  /// none.
  ///
  /// @throws IOException when the list is not complete; nothing is saved then
  void list(Visitor visitor) throws IOException;

  /// Reads files, calling the reader in any order and from any number of threads at once. May be
  /// called several times, also from inside a visit of [#list]. A file that is gone meanwhile is
  /// left out.
  ///
  /// @param files some that were listed, sorted by path
  /// @throws IOException when a file that is there was not read to its end, or the reader failed
  void read(List<File> files, Reader reader) throws IOException;

  /// The last 16 bytes of a file where they are cheap to get, else empty. Called from any thread.
  ///
  /// An entry of ccache ends with an XXH3-128 of all before it, so path, size and these bytes tell
  /// whether it changed.
  default Optional<byte[]> tail(File file) throws IOException {
    return Optional.empty();
  }
}
