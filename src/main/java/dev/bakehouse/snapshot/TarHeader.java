package dev.bakehouse.snapshot;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// The fields of a tar header that matter here, with pax's extended ones taken in.
///
/// @param type `0` file, `1` hard link, `2` symbolic link, `5` directory, else as in the archive
/// @param mtime nanoseconds since the epoch
/// @param link target of a link
record TarHeader(char type, String name, int mode, long mtime, long size, String link) {
  static final int BLOCK = 512;
  private static final long SECOND = 1_000_000_000;
  private static final int NAME = 100;
  private static final int LONGEST_TIME = 64;

  /// @param pax extended fields for this entry, byte strings
  /// @throws Malformed when it is no header
  static TarHeader parse(byte[] block, Map<String, String> pax) throws Malformed {
    long sum = 8L * ' ';
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? 0 : block[i] & 0xff;
    }
    if (number(block, 148, 8) != sum) {
      throw new Malformed("the archive is not a tar archive: a header has a wrong checksum");
    }
    boolean ustar = text(block, 257, 5).equals("ustar");
    boolean posix = ustar && block[262] == 0;
    String prefix = posix ? text(block, 345, 155) : "";
    String name = text(block, 0, NAME);
    String type = pax.containsKey("GNU.sparse.major") ? "S" : String.valueOf((char) block[156]);
    return new TarHeader(
        type.charAt(0) == 0 || type.charAt(0) == '7' ? '0' : type.charAt(0),
        pax.getOrDefault("path", prefix.isEmpty() ? name : prefix + "/" + name),
        (int) number(block, 100, 8) & 07777,
        pax.containsKey("mtime")
            ? nanos(pax.getOrDefault("mtime", ""))
            : number(block, 136, 12) * SECOND,
        pax.containsKey("size") ? decimal(pax.getOrDefault("size", "")) : number(block, 124, 12),
        pax.getOrDefault("linkpath", text(block, 157, NAME)));
  }

  private static String text(byte[] block, int from, int most) {
    int length = 0;
    while (length < most && block[from + length] != 0) {
      length++;
    }
    return new String(block, from, length, StandardCharsets.ISO_8859_1);
  }

  /// Octal; or, marked by the highest bit, binary.
  private static long number(byte[] block, int from, int length) throws Malformed {
    if ((block[from] & 0x80) != 0) {
      long value = (block[from] & 0x40) != 0 ? -1 : block[from] & 0x3f;
      for (int i = 1; i < length; i++) {
        value = (value << 8) | (block[from + i] & 0xff);
      }
      return value;
    }
    String digits = text(block, from, length).strip();
    try {
      return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    } catch (NumberFormatException e) {
      throw new Malformed("the archive is not a tar archive: a number is none");
    }
  }

  private static long decimal(String text) throws Malformed {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new Malformed("the archive has a size that is no number");
    }
  }

  /// `SECONDS[.FRACTION]`
  private static long nanos(String text) throws Malformed {
    if (text.length() > LONGEST_TIME || text.indexOf('e') >= 0 || text.indexOf('E') >= 0) {
      throw new Malformed("the archive has a time that is no number");
    }
    try {
      return new BigDecimal(text)
          .movePointRight(9)
          .setScale(0, RoundingMode.FLOOR)
          .longValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw new Malformed("the archive has a time that is no number");
    }
  }
}
