package dev.bakehouse.snapshot;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Writes a tar archive in the pax format, with what does not fit the old header, and every time to
/// the nanosecond, in an extended one. Names stay bytes.
final class TarOutput {
  private static final long SECOND = 1_000_000_000;
  private static final int NAME = 100;
  private static final long LARGEST = 077777777777L;

  private final OutputStream out;

  TarOutput(OutputStream out) {
    this.out = out;
  }

  /// @param path of a directory with a `/` at its end
  void header(char type, String path, int mode, long mtime, long size, String link)
      throws IOException {
    StringBuilder pax = new StringBuilder();
    long seconds = Math.floorDiv(mtime, SECOND);
    long nanos = Math.floorMod(mtime, SECOND);
    if (nanos != 0 || seconds < 0 || seconds > LARGEST) {
      record(pax, "mtime", decimal(mtime));
    }
    if (path.length() > NAME || !ascii(path)) {
      record(pax, "path", path);
    }
    if (link.length() > NAME || !ascii(link)) {
      record(pax, "linkpath", link);
    }
    if (size > LARGEST) {
      record(pax, "size", String.valueOf(size));
    }
    if (!pax.isEmpty()) {
      byte[] bytes = pax.toString().getBytes(StandardCharsets.ISO_8859_1);
      block('x', "pax", 0600, 0, bytes.length, "");
      out.write(bytes);
      pad(bytes.length);
    }
    block(type, path, mode, Math.clamp(seconds, 0, LARGEST), Math.min(size, LARGEST), link);
  }

  /// After the bytes of a file.
  void pad(long size) throws IOException {
    out.write(new byte[(int) (-size & (TarHeader.BLOCK - 1))]);
  }

  void end() throws IOException {
    out.write(new byte[2 * TarHeader.BLOCK]);
  }

  private void block(char type, String path, int mode, long seconds, long size, String link)
      throws IOException {
    byte[] block = new byte[TarHeader.BLOCK];
    put(block, 0, path.substring(0, Math.min(NAME, path.length())));
    put(block, 100, octal(mode, 7));
    put(block, 108, octal(0, 7));
    put(block, 116, octal(0, 7));
    put(block, 124, octal(size, 11));
    put(block, 136, octal(seconds, 11));
    put(block, 148, "        ");
    block[156] = (byte) type;
    put(block, 157, link.substring(0, Math.min(NAME, link.length())));
    put(block, 257, "ustar");
    put(block, 263, "00");
    long sum = 0;
    for (byte each : block) {
      sum += each & 0xff;
    }
    put(block, 148, octal(sum, 6) + "\0");
    out.write(block);
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private static String octal(long value, int digits) {
    return String.format(Locale.ROOT, "%0" + digits + "o", value);
  }

  private static boolean ascii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  private static String decimal(long nanos) {
    return new BigDecimal(BigInteger.valueOf(nanos), 9).toPlainString();
  }

  /// Its length counts its own digits.
  private static void record(StringBuilder to, String key, String value) {
    int rest = key.length() + value.length() + 3;
    int length = rest + String.valueOf(rest).length();
    length = rest + String.valueOf(length).length();
    to.append(length).append(' ').append(key).append('=').append(value).append('\n');
  }
}
