package dev.bakehouse;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What would differ if someone had written to an image's disk: its attributes and a sample of its
/// bytes.
record ImageMark(long size, String modified, String inode, String sample) {
  private static final int PIECES = 64;

  static ImageMark of(Path image) throws IOException, NoSuchAlgorithmException {
    Path disk = image.resolve("disk.img");
    BasicFileAttributes stat = Files.readAttributes(disk, BasicFileAttributes.class);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] piece = new byte[1 << 16];
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
      for (int n = 0; n < PIECES; n++) {
        file.seek((stat.size() - piece.length) / PIECES * n);
        file.readFully(piece);
        digest.update(piece);
      }
    }
    return new ImageMark(
        stat.size(),
        stat.lastModifiedTime().toString(),
        String.valueOf(stat.fileKey()),
        HexFormat.of().formatHex(digest.digest()));
  }
}
