package dev.bakehouse.oci;

import dev.bakehouse.oci.SliceCompressor.Compressed;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Optional;

/// Slices that a push has compressed, kept until it is through: after a kill, the next push of the
/// same image neither compresses them again nor sends what had arrived. `CONTENT.lz4` is the blob,
/// until it is sent; `CONTENT.idx` its digest, its size and its chunk index.
final class PushStaging {
  private final Path directory;

  /// @param directory for one image's pushes, one at a time
  PushStaging(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /// A place to compress into.
  Path fresh() throws IOException {
    return Files.createTempFile(directory, "slice", ".tmp");
  }

  Path blob(Digest content) {
    return directory.resolve(content.hex() + ".lz4");
  }

  void keep(Path file, Compressed made) throws IOException {
    Digest content = made.slice().content();
    Files.move(file, blob(content), StandardCopyOption.ATOMIC_MOVE);
    ByteArrayOutputStream note = new ByteArrayOutputStream();
    note.writeBytes(HexFormat.of().parseHex(made.slice().blob().hex()));
    Packed.word(note, made.slice().blobSize());
    note.writeBytes(made.index().encode());
    Path fresh = fresh();
    Files.write(fresh, note.toByteArray());
    Files.move(fresh, note(content), StandardCopyOption.ATOMIC_MOVE);
  }

  /// A slice that an earlier push had compressed. Its file may be gone, if it was sent.
  Optional<Compressed> find(Digest content, long size) throws IOException {
    if (!Files.exists(note(content))) {
      return Optional.empty();
    }
    try {
      ByteBuffer note = Packed.reader(Files.readAllBytes(note(content)));
      byte[] digest = new byte[32];
      note.get(digest);
      long blobSize = note.getLong();
      byte[] index = new byte[note.remaining()];
      note.get(index);
      CompressedSlice slice =
          new CompressedSlice(
              content, size, new Digest(HexFormat.of().formatHex(digest)), blobSize);
      String what = "What is kept of the slice " + content;
      return Optional.of(new Compressed(slice, SliceIndex.decode(index, size, blobSize, what)));
    } catch (BufferUnderflowException | UserError e) {
      return Optional.empty();
    }
  }

  /// Whether the blob's file is there and whole.
  boolean holds(CompressedSlice slice) throws IOException {
    Path file = blob(slice.content());
    return Files.exists(file)
        && Files.size(file) == slice.blobSize()
        && Digest.of(file).equals(slice.blob());
  }

  /// The slice arrived; what it is remains known.
  void sent(Digest content) throws IOException {
    Files.deleteIfExists(blob(content));
  }

  /// The push is through.
  void clear() {
    Directories.delete(directory);
  }

  private Path note(Digest content) {
    return directory.resolve(content.hex() + ".idx");
  }
}
