package dev.bakehouse.oci;

import dev.bakehouse.platform.Attempts;
import dev.bakehouse.platform.BulkInput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A blob's bytes, or a part of them, across broken or stalled connections: it goes on by range
/// where it stopped, and never reads beyond its end. A registry that ignores ranges costs what it
/// sends.
final class ResumingBlob extends BulkInput {
  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-.*");
  private static final Pattern SIZE = Pattern.compile("/(\\d{1,18})$");
  private static final long UNKNOWN = -1;

  private final String what;
  private final String host;
  private final Source source;
  private final long end;
  private final Attempts attempts;
  private @Nullable InputStream current;
  private long at;
  private long size = UNKNOWN;

  /// Asks for a part of the blob, or with a negative end for all from an offset on.
  interface Source {
    Answer open(long from, long end);
  }

  /// @param what names the blob in errors
  /// @param end where to stop; negative for the blob's own end
  ResumingBlob(String what, RegistryClient client, Source source, long from, long end) {
    this.what = what;
    this.host = client.host();
    this.source = source;
    this.at = from;
    this.end = end < 0 ? Long.MAX_VALUE : end;
    this.attempts = new Attempts(client.patience(), "read " + what);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (length > 0 && at < end) {
      try {
        InputStream in = current;
        if (in == null) {
          in = connect();
          current = in;
        }
        int n = in.read(target, offset, (int) Math.min(length, end - at));
        if (n > 0) {
          at += n;
          attempts.progress();
          return n;
        }
        close();
        if (size == UNKNOWN || at >= size) {
          return -1;
        }
        throw new EOFException("the body ended at byte " + at + " of " + size);
      } catch (IOException e) {
        close();
        if (!attempts.again(Optional.empty())) {
          throw new RegistryError.Unreachable("read " + what, host, e);
        }
      }
    }
    if (at >= end) {
      drain();
    }
    return length == 0 ? 0 : -1;
  }

  private InputStream connect() throws IOException {
    long stop = size == UNKNOWN ? end : Math.min(end, size);
    Answer answer = source.open(at, stop == Long.MAX_VALUE ? -1 : stop);
    if (answer.status() == 416) {
      size = sizeIn(answer);
      answer.body().close();
      if (size != UNKNOWN && at >= size) {
        return InputStream.nullInputStream();
      }
      // A registry that can not read this range, though it is one: crane's knows none without an
      // end.
      answer = source.open(0, -1);
    }
    if (answer.status() == 200) {
      size = answer.headers().firstValueAsLong("content-length").orElse(UNKNOWN);
      skip(answer.body());
      return answer.body();
    }
    Matcher range = RANGE.matcher(answer.header("content-range").orElse(""));
    if (range.matches() && Long.parseLong(range.group(1)) != at) {
      answer.body().close();
      throw new IOException("asked for bytes from " + at + " on, got " + range.group());
    }
    size = sizeIn(answer);
    return answer.body();
  }

  private static long sizeIn(Answer answer) {
    Matcher size = SIZE.matcher(answer.header("content-range").orElse(""));
    return size.find() ? Long.parseLong(size.group(1)) : UNKNOWN;
  }

  /// Passes what came before, of a blob that may be shorter.
  private void skip(InputStream body) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = at; left > 0; ) {
      int n = body.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        return;
      }
      left -= n;
    }
  }

  /// Sees the end of an answer that ends here: its connection can then serve again.
  private void drain() throws IOException {
    InputStream in = current;
    if (in != null) {
      int _ = in.read();
      close();
    }
  }

  @Override
  public void close() throws IOException {
    InputStream in = current;
    current = null;
    if (in != null) {
      in.close();
    }
  }
}
