package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.Sha256;
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

/// Makes the files of an image what its manifest says: what is right is only read, what is wrong is
/// fetched again.
public final class TartRepair {
  private static final byte[] ZERO = new byte[1 << 20];

  private final Repository repository;
  private final TartManifest image;
  private final Progress progress;

  public TartRepair(Repository repository, TartManifest image, Progress progress) {
    this.repository = repository;
    this.image = image;
    this.progress = progress;
  }

  /// The slices of a disk that are not as the manifest says.
  public static List<DiskSlice> wrong(TartManifest image, Path disk) throws IOException {
    List<Digest> digests =
        Files.exists(disk) && Files.size(disk) == image.diskSize()
            ? SliceReader.digests(disk)
            : List.of();
    List<DiskSlice> wrong = new ArrayList<>();
    for (int i = 0; i < image.disk().size(); i++) {
      DiskSlice slice = image.disk().get(i);
      if (i >= digests.size() || !digests.get(i).equals(slice.content())) {
        wrong.add(slice);
      }
    }
    return wrong;
  }

  /// @param directory holds `disk.img`, `config.json` and `nvram.bin`, wrong or missing ones too;
  ///   all are written in place
  /// @throws CorruptData when the repository does not have what the manifest says
  public void repair(Path directory) throws IOException {
    small(image.config(), directory.resolve("config.json"));
    small(image.nvram(), directory.resolve("nvram.bin"));
    Path disk = directory.resolve("disk.img");
    List<DiskSlice> wrong = wrong(image, disk);
    progress.total(wrong.stream().mapToLong(slice -> slice.blob().size()).sum());
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(image.diskSize());
    }
    try (FileChannel out = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      for (DiskSlice slice : wrong) {
        if (slice.content().equals(TartManifest.ZERO_SLICE)) {
          zero(slice, out);
        } else {
          fetch(slice, out);
        }
      }
      out.force(false);
    }
    Files.write(directory.resolve("manifest.json"), image.manifest().raw());
  }

  private void small(Descriptor blob, Path file) throws IOException {
    if (Files.exists(file) && Digest.of(file).equals(blob.digest())) {
      return;
    }
    try (InputStream in = repository.blob(blob.digest(), 0)) {
      byte[] bytes = in.readNBytes((int) Math.min(blob.size() + 1, 64 << 20));
      check(blob, Digest.of(bytes));
      Files.write(file, bytes);
      progress.moved(bytes.length);
    }
  }

  private void fetch(DiskSlice slice, FileChannel out) throws IOException {
    MessageDigest content = Sha256.bulk();
    long[] at = {0};
    try (InputStream raw = repository.blob(slice.blob().digest(), 0);
        HashingInput in = new HashingInput(raw, this::came)) {
      new AppleLz4Reader(in)
          .decode(
              (bytes, offset, length) -> {
                if (at[0] + length > slice.size()) {
                  throw new AppleLz4Reader.BadFrame("more than " + slice.size() + " bytes");
                }
                content.update(bytes, offset, length);
                write(out, ByteBuffer.wrap(bytes, offset, length), slice.offset() + at[0]);
                at[0] += length;
              });
      check(slice.blob(), in.finish());
    } catch (AppleLz4Reader.BadFrame e) {
      throw new CorruptData(
          "The disk slice " + slice.blob().digest() + " of " + repository.name(),
          String.valueOf(e.getMessage()));
    }
    Digest actual = Digest.finish(content);
    if (at[0] != slice.size() || !actual.equals(slice.content())) {
      throw new CorruptData(
          "The disk slice " + slice.blob().digest() + " of " + repository.name(),
          "it decodes to %d bytes with %s, expected %d with %s"
              .formatted(at[0], actual, slice.size(), slice.content()));
    }
  }

  private void came(long bytes) {
    progress.moved(bytes);
    progress.advance(bytes);
  }

  private static void zero(DiskSlice slice, FileChannel out) throws IOException {
    for (long at = 0; at < slice.size(); at += ZERO.length) {
      int n = (int) Math.min(ZERO.length, slice.size() - at);
      write(out, ByteBuffer.wrap(ZERO, 0, n), slice.offset() + at);
    }
  }

  private void check(Descriptor blob, Digest actual) {
    if (!actual.equals(blob.digest())) {
      throw new CorruptData(
          "The blob " + blob.digest() + " of " + repository.name(), "its bytes have " + actual);
    }
  }

  private static void write(FileChannel out, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int n = out.write(bytes, at);
      if (n < 0) {
        throw new EOFException("the disk image takes no more bytes");
      }
      at += n;
    }
  }
}
