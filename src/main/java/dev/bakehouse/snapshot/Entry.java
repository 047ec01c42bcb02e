package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.File;
import java.util.List;

/// A node of a snapshot.
///
/// @param parts of a file, in order; else none
/// @param tail the last 16 bytes of an entry of ccache; of all else empty
record Entry(Node node, List<Part> parts, byte[] tail) {
  static final int TAIL = 16;
  static final byte[] NO_TAIL = {};

  static Entry of(Node node) {
    return new Entry(node, List.of(), NO_TAIL);
  }

  long size() {
    return node instanceof File file ? file.size() : 0;
  }

  /// Whether the contents are the same, whatever the metadata.
  boolean sameContent(Entry other) {
    if (size() != other.size() || parts.size() != other.parts.size()) {
      return false;
    }
    for (int i = 0; i < parts.size(); i++) {
      if (!parts.get(i).hash().equals(other.parts.get(i).hash())) {
        return false;
      }
    }
    return true;
  }
}
