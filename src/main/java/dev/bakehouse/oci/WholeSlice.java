package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import java.io.IOException;
import java.io.InputStream;

/// Streams a slice's blob to its place; blob and content are checked against their digests.
record WholeSlice(Repository repository, DiskSlice slice, DiskTarget target, Progress progress) {
  /// @throws CorruptData when a digest or the frame is wrong; the slice's place is then of no use
  DiskRecord.Slice pull() throws IOException {
    DiskRecord.Slice made;
    String what = "The disk slice " + slice.blob().digest() + " of " + repository.name();
    try (SliceWriter writer = new SliceWriter(target, slice.offset(), slice.size());
        InputStream raw = repository.blob(slice.blob().digest(), 0);
        HashingInput in = new HashingInput(raw, this::came)) {
      try {
        new AppleLz4Reader(in).decode(writer);
      } catch (AppleLz4Reader.BadFrame e) {
        checkBlob(in);
        throw new CorruptData(what, e.getMessage() + " (its digest is right)");
      }
      checkBlob(in);
      made = writer.finish();
    }
    if (!slice.is(made)) {
      throw new CorruptData(
          what,
          "it decodes to %d bytes with %s, expected %d with %s"
              .formatted(made.size(), made.content(), slice.size(), slice.content()));
    }
    return made;
  }

  private void came(long bytes) {
    progress.moved(bytes);
    progress.advance(bytes);
  }

  private void checkBlob(HashingInput in) throws IOException {
    Digest actual = in.finish();
    if (!actual.equals(slice.blob().digest())) {
      throw new CorruptData(
          "The blob " + slice.blob().digest() + " of " + repository.name(),
          "its bytes have " + actual);
    }
  }
}
