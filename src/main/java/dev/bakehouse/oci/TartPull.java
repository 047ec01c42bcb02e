package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// Reads a VM image into a directory: `disk.img` (sparse), `config.json`, `nvram.bin`,
/// `manifest.json`. Every blob and every decoded slice is checked against its digest. Memory is a
/// few MiB for each core.
public final class TartPull {
  /// A configuration or NVRAM beyond this is no such thing.
  private static final long SMALL = 64 << 20;

  private final Repository repository;
  private final TartManifest image;
  private final Progress progress;

  public TartPull(Repository repository, Manifest manifest, Progress progress) {
    this.repository = repository;
    this.image = TartManifest.of(manifest, "The image " + manifest.digest());
    this.progress = progress;
  }

  /// @throws CorruptData when a digest or a frame is wrong; the directory is then of no use
  public void into(Path directory) throws IOException {
    progress.total(image.transferSize());
    Files.write(directory.resolve("config.json"), small(image.config(), "VM configuration"));
    Files.write(directory.resolve("nvram.bin"), small(image.nvram(), "NVRAM"));
    Path disk = directory.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(image.diskSize());
    }
    try (FileChannel out = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (DiskSlice slice : image.disk()) {
        if (!(slice.zero() && slice.size() == TartManifest.SLICE)) {
          tasks.add(
              () -> {
                pull(slice, out);
                return true;
              });
        }
      }
      Parallel.run("pull " + repository.name(), tasks);
      out.force(false);
    }
    Files.write(directory.resolve("manifest.json"), image.manifest().raw());
  }

  private byte[] small(Descriptor blob, String what) throws IOException {
    if (blob.size() > SMALL) {
      throw new CorruptData("The " + what, "it claims to have " + blob.size() + " bytes");
    }
    try (InputStream in = repository.blob(blob.digest(), 0)) {
      byte[] bytes = in.readNBytes((int) blob.size() + 1);
      Digest actual = Digest.of(bytes);
      if (!actual.equals(blob.digest())) {
        throw wrongDigest(blob, actual);
      }
      progress.advance(bytes.length);
      return bytes;
    }
  }

  private void pull(DiskSlice slice, FileChannel out) throws IOException {
    MessageDigest content = Digest.hasher();
    long[] at = {0};
    String what = "The disk slice " + slice.blob().digest() + " of " + repository.name();
    try (InputStream raw = repository.blob(slice.blob().digest(), 0);
        HashingInput in = new HashingInput(raw, progress::advance)) {
      try {
        new AppleLz4Reader(in)
            .decode(
                (bytes, offset, length) -> {
                  if (at[0] + length > slice.size()) {
                    throw new AppleLz4Reader.BadFrame("more than " + slice.size() + " bytes");
                  }
                  content.update(bytes, offset, length);
                  if (!AppleLz4Writer.isZero(bytes, offset, length)) {
                    write(out, bytes, offset, length, slice.offset() + at[0]);
                  }
                  at[0] += length;
                });
      } catch (AppleLz4Reader.BadFrame e) {
        checkBlob(slice.blob(), in);
        throw new CorruptData(what, e.getMessage() + " (its digest is right)");
      }
      checkBlob(slice.blob(), in);
    }
    Digest actual = Digest.finish(content);
    if (at[0] != slice.size() || !actual.equals(slice.content())) {
      throw new CorruptData(
          what,
          "it decodes to %d bytes with %s, expected %d with %s"
              .formatted(at[0], actual, slice.size(), slice.content()));
    }
  }

  private void checkBlob(Descriptor blob, HashingInput in) throws IOException {
    Digest actual = in.finish();
    if (!actual.equals(blob.digest())) {
      throw wrongDigest(blob, actual);
    }
  }

  private CorruptData wrongDigest(Descriptor blob, Digest actual) {
    return new CorruptData(
        "The blob " + blob.digest() + " of " + repository.name(), "its bytes have " + actual);
  }

  private static void write(FileChannel out, byte[] bytes, int offset, int length, long position)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    long at = position;
    while (buffer.hasRemaining()) {
      int n = out.write(buffer, at);
      if (n < 0) {
        throw new EOFException("the disk image takes no more bytes");
      }
      at += n;
    }
  }
}
