package dev.bakehouse.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The names in one directory of an [Ext4].
final class Names {
  /// 2,000,000 names of 255 bytes.
  private static final long LARGEST = 1L << 29;

  private static final int SHORTEST = 8;

  /// @param name a byte string
  record Name(String name, long inode) {}

  private Names() {}

  /// All but `.` and `..`, in no order.
  ///
  /// @throws IOException for a name that no path can have, and for anything torn
  static List<Name> of(Ext4 fs, Ext4.Inode directory) throws IOException {
    if (directory.size() > LARGEST || directory.size() % fs.blockSize() != 0) {
      throw new IOException("a directory of " + directory.size() + " bytes");
    }
    List<Name> names = new ArrayList<>();
    try (Extents content = new Extents(fs, directory)) {
      byte[] block = new byte[fs.blockSize()];
      for (long at = 0; at < directory.size(); at += block.length) {
        if (content.readNBytes(block, 0, block.length) != block.length) {
          throw new IOException("a directory ends early");
        }
        add(names, ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    return names;
  }

  /// The inner nodes of a hashed directory look like one unused entry, checksums like another.
  private static void add(List<Name> names, ByteBuffer block) throws IOException {
    int at = 0;
    while (at < block.capacity()) {
      if (block.capacity() - at < SHORTEST) {
        throw new IOException("a directory's entry is nonsense");
      }
      long inode = Ext4.unsigned(block.getInt(at));
      int length = block.getShort(at + 4) & 0xffff;
      // A block of 64 KiB does not fit into 16 bits.
      length = length == 0 || length == 0xffff ? block.capacity() - at : length;
      int letters = block.get(at + 6) & 0xff;
      if (length < SHORTEST || length > block.capacity() - at || letters > length - SHORTEST) {
        throw new IOException("a directory's entry is nonsense");
      }
      if (inode != 0) {
        byte[] bytes = new byte[letters];
        block.get(at + SHORTEST, bytes);
        String name = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!name.equals(".") && !name.equals("..")) {
          names.add(new Name(sound(name), inode));
        }
      }
      at += length;
    }
  }

  private static String sound(String name) throws IOException {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
      throw new IOException("a directory holds a name that no file can have");
    }
    return name;
  }
}
