package dev.bakehouse.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The names in one directory of an [Ext4].
final class Names {
  /// What the names of all directories from the top to one may cost at once: a million usual ones.
  static final long ROOM = 256L << 20;

  private static final long LARGEST = 1L << 27;
  private static final int SHORTEST = 8;

  /// Of an entry's type: not told, and a directory.
  private static final int UNKNOWN = 0;

  private static final int DIRECTORY = 2;

  /// @param name a byte string
  /// @param within whether there may be names below it; false is sure
  record Name(String name, long inode, boolean within) {
    /// About the bytes of memory it and what is made of it take.
    long cost() {
      return 160 + 2L * name.length();
    }
  }

  private Names() {}

  /// All but `.` and `..`, in no order.
  ///
  /// @param room what they may cost
  /// @throws IOException for a name that no path can have, too many, and for anything torn
  static List<Name> of(Ext4 fs, Ext4.Inode directory, long room) throws IOException {
    if (directory.size() > LARGEST || directory.size() % fs.blockSize() != 0) {
      throw new Unreadable("a directory of " + directory.size() + " bytes");
    }
    List<Name> names = new ArrayList<>();
    long left = room;
    try (Extents content = new Extents(fs, directory)) {
      byte[] block = new byte[fs.blockSize()];
      for (long at = 0; at < directory.size(); at += block.length) {
        if (content.readNBytes(block, 0, block.length) != block.length) {
          throw new Unreadable("a directory ends early");
        }
        left -= add(names, ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN));
        if (left < 0) {
          throw new Unreadable("a directory holds more names than can be looked at");
        }
      }
    }
    return names;
  }

  /// The inner nodes of a hashed directory look like one unused entry, checksums like another.
  ///
  /// @return what they cost
  private static long add(List<Name> names, ByteBuffer block) throws IOException {
    int at = 0;
    long cost = 0;
    while (at < block.capacity()) {
      if (block.capacity() - at < SHORTEST) {
        throw new Unreadable("a directory's entry is nonsense");
      }
      long inode = Ext4.unsigned(block.getInt(at));
      int length = block.getShort(at + 4) & 0xffff;
      // A block of 64 KiB does not fit into 16 bits.
      length = length == 0 || length == 0xffff ? block.capacity() - at : length;
      int letters = block.get(at + 6) & 0xff;
      if (length < SHORTEST || length > block.capacity() - at || letters > length - SHORTEST) {
        throw new Unreadable("a directory's entry is nonsense");
      }
      if (inode != 0) {
        byte[] bytes = new byte[letters];
        block.get(at + SHORTEST, bytes);
        String name = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!name.equals(".") && !name.equals("..")) {
          int type = block.get(at + 7) & 0xff;
          names.add(new Name(sound(name), inode, type == UNKNOWN || type == DIRECTORY));
          cost += names.getLast().cost();
        }
      }
      at += length;
    }
    return cost;
  }

  private static String sound(String name) throws IOException {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
      throw new Unreadable("a directory holds a name that no file can have");
    }
    return name;
  }
}
