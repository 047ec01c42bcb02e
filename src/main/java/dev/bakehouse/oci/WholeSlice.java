package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/// Streams a slice's blob to its place; blob and content are checked against their digests.
record WholeSlice(Repository repository, DiskSlice slice, DiskTarget target, Progress progress) {
  /// @throws CorruptData when a digest or the frame is wrong; the slice's place is then of no use
  DiskRecord.Slice pull() throws IOException {
    MessageDigest content = Digest.hasher();
    Blocks blocks = new Blocks(slice.size());
    long[] at = {0};
    boolean fresh = !target.touched(slice.offset(), slice.size());
    String what = "The disk slice " + slice.blob().digest() + " of " + repository.name();
    try (InputStream raw = repository.blob(slice.blob().digest(), 0);
        HashingInput in = new HashingInput(raw, this::came)) {
      try {
        new AppleLz4Reader(in)
            .decode(
                (bytes, offset, length) -> {
                  if (at[0] + length > slice.size()) {
                    throw new AppleLz4Reader.BadFrame("more than " + slice.size() + " bytes");
                  }
                  content.update(bytes, offset, length);
                  blocks.update(bytes, offset, length);
                  target.write(bytes, offset, length, slice.offset() + at[0], fresh);
                  at[0] += length;
                });
      } catch (AppleLz4Reader.BadFrame e) {
        checkBlob(in);
        throw new CorruptData(what, e.getMessage() + " (its digest is right)");
      }
      checkBlob(in);
    }
    Digest actual = Digest.finish(content);
    if (at[0] != slice.size() || !actual.equals(slice.content())) {
      throw new CorruptData(
          what,
          "it decodes to %d bytes with %s, expected %d with %s"
              .formatted(at[0], actual, slice.size(), slice.content()));
    }
    return new DiskRecord.Slice(slice.offset(), slice.size(), actual, blocks.finish());
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
