package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.util.List;

/// A run of neighbours of a snapshot, as stored: what they are, and their times apart from it, so
/// that a touched file costs its time only.
///
/// @param content written by [ShardWriter], read by [ShardReader]
/// @param times likewise
record Shard(byte[] content, byte[] times) {
  static final int MOST_NODES = 4096;

  /// More bytes than this nobody decodes at once.
  static final int LARGEST = 64 << 20;

  /// The shard is full when the paths in it take so many bytes.
  static final int MOST_PATH_BYTES = 4 << 20;

  static final int DIR = 0;
  static final int FILE = 1;
  static final int SYMLINK = 2;
  static final int HARDLINK = 3;

  /// A file with a tail.
  static final int SEALED_FILE = 4;

  /// Encodings of frames.
  static final int RAW = 0;

  static final int ZSTD = 1;

  /// True for one path of 256, whatever stands beside it: a change elsewhere does not move a
  /// shard's ends.
  static boolean endsAfter(String path) {
    int hash = 0;
    for (int i = 0; i < path.length(); i++) {
      hash = hash * 31 + path.charAt(i);
    }
    hash *= 0x9E3779B1;
    return hash >>> 24 == 0;
  }

  Hash hash() {
    return Hash.of(content, times);
  }

  List<Entry> entries() throws Malformed {
    return new ShardReader(this).entries();
  }

  static int type(Entry entry) {
    return switch (entry.node()) {
      case Dir dir -> DIR;
      case File file -> entry.tail().length == 0 ? FILE : SEALED_FILE;
      case Symlink link -> SYMLINK;
      case Hardlink link -> HARDLINK;
    };
  }

  static long mtime(Node node) {
    return switch (node) {
      case Dir dir -> dir.mtime();
      case File file -> file.mtime();
      case Symlink link -> link.mtime();
      case Hardlink link -> 0;
    };
  }
}
