package dev.bakehouse.oci;

import dev.bakehouse.platform.BulkInput;
import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.LongConsumer;

/// A part of an open file as the body of a request; tells how much of it was taken.
final class FilePart {
  private final FileChannel file;
  private final long offset;
  private final long length;
  private final LongConsumer reached;
  private volatile long taken;

  /// @param reached hears where in the file the sending is, see [Repository#writeBlob]
  FilePart(FileChannel file, long offset, long length, LongConsumer reached) {
    this.file = file;
    this.offset = offset;
    this.length = length;
    this.reached = reached;
  }

  long offset() {
    return offset;
  }

  long length() {
    return length;
  }

  /// Bytes of the body handed to the connection.
  long taken() {
    return taken;
  }

  /// From the part's first byte; each call begins anew.
  HttpRequest.BodyPublisher publisher() {
    taken = 0;
    reached.accept(offset);
    return length == 0
        ? HttpRequest.BodyPublishers.noBody()
        : HttpRequest.BodyPublishers.fromPublisher(
            HttpRequest.BodyPublishers.ofInputStream(Reader::new), length);
  }

  private final class Reader extends BulkInput {
    private long at;

    @Override
    public int read(byte[] target, int from, int most) throws IOException {
      if (at == length) {
        return -1;
      }
      int wanted = (int) Math.min(most, length - at);
      int n = file.read(ByteBuffer.wrap(target, from, wanted), offset + at);
      if (n < 0) {
        throw new EOFException("the file got shorter while it was sent");
      }
      at += n;
      taken = at;
      reached.accept(offset + at);
      return n;
    }
  }
}
