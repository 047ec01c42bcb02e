package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// Some bytes of an open file as a stream, which leaves the channel's own position alone. A file
/// that is too short ends it early.
public final class ChannelRange extends BulkInput {
  private final FileChannel channel;
  private final long end;
  private long at;

  /// @param end behind the last byte
  public ChannelRange(FileChannel channel, long from, long end) {
    this.channel = channel;
    this.at = from;
    this.end = end;
  }

  @Override
  public int read(byte[] to, int from, int length) throws IOException {
    int most = (int) Math.min(length, end - at);
    if (most <= 0) {
      return length == 0 ? 0 : -1;
    }
    int count = channel.read(ByteBuffer.wrap(to, from, most), at);
    at += Math.max(0, count);
    return count;
  }
}
