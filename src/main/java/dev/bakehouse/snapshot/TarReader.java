package dev.bakehouse.snapshot;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a tar archive: ustar, pax and GNU's long names. Names stay bytes.
final class TarReader {
  private static final int LARGEST_EXTENSION = 1 << 20;
  private static final byte[] ZEROS = new byte[TarHeader.BLOCK];

  private final InputStream in;
  private long position;
  private long left;
  private long padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /// Goes to the next entry, past what is left of this one.
  ///
  /// @return null after the end mark
  /// @throws Malformed when the archive is cut short or none
  @Nullable TarHeader next() throws IOException {
    Map<String, String> extended = new HashMap<>();
    while (true) {
      skip(left + padding);
      byte[] block = block();
      if (Arrays.equals(block, ZEROS)) {
        if (!Arrays.equals(block(), ZEROS)) {
          throw new Malformed("the archive has a block of zeros inside");
        }
        return null;
      }
      TarHeader header = TarHeader.parse(block, extended);
      boolean content = header.type() != '1' && header.type() != '2' && header.type() != '5';
      left = content ? header.size() : 0;
      if (left < 0 || left > 1L << 50) {
        throw new Malformed("the archive has a file of " + left + " bytes");
      }
      padding = -left & (TarHeader.BLOCK - 1);
      switch (header.type()) {
        case 'x' -> pax(extension(), extended);
        case 'g' -> extension();
        case 'L' -> extended.put("path", untilZero(extension()));
        case 'K' -> extended.put("linkpath", untilZero(extension()));
        default -> {
          return header;
        }
      }
    }
  }

  /// Where the content of this entry starts.
  long position() {
    return position;
  }

  private byte[] extension() throws IOException {
    if (left > LARGEST_EXTENSION) {
      throw new Malformed("the archive has a header of " + left + " bytes");
    }
    byte[] bytes = in.readNBytes((int) left);
    position += bytes.length;
    if (bytes.length < left) {
      throw cut();
    }
    left = 0;
    return bytes;
  }

  private static String untilZero(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /// Records of `LENGTH KEY=VALUE\n`.
  private static void pax(byte[] bytes, Map<String, String> to) throws Malformed {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = 0;
    while (at < text.length()) {
      int space = text.indexOf(' ', at);
      int equals = text.indexOf('=', Math.max(at, space));
      int end = space < 0 ? -1 : at + length(text.substring(at, space));
      if (equals < 0 || end <= equals || end > text.length()) {
        throw new Malformed("the archive has an extended header that is none");
      }
      to.put(text.substring(space + 1, equals), text.substring(equals + 1, end - 1));
      at = end;
    }
  }

  private static int length(String digits) throws Malformed {
    try {
      return Math.clamp(Long.parseLong(digits), 0, LARGEST_EXTENSION);
    } catch (NumberFormatException e) {
      throw new Malformed("the archive has an extended header without a length");
    }
  }

  private byte[] block() throws IOException {
    byte[] block = in.readNBytes(TarHeader.BLOCK);
    position += block.length;
    if (block.length < TarHeader.BLOCK) {
      throw cut();
    }
    return block;
  }

  private void skip(long count) throws IOException {
    try {
      in.skipNBytes(count);
    } catch (EOFException e) {
      throw cut();
    }
    position += count;
    left = 0;
    padding = 0;
  }

  private static Malformed cut() {
    return new Malformed("the archive is cut short");
  }
}
