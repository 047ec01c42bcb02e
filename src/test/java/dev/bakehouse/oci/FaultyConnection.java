package dev.bakehouse.oci;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// One client's connection to a [FaultyRegistry].
final class FaultyConnection {
  private final FaultyRegistry proxy;
  private final Socket client;

  FaultyConnection(FaultyRegistry proxy, Socket client) {
    this.proxy = proxy;
    this.client = client;
  }

  void serve() {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      Optional<HttpHead> head = HttpHead.read(in);
      while (head.isPresent() && answer(in, head.get())) {
        head = HttpHead.read(in);
      }
    } catch (IOException e) {
      // One side ended the connection; the other learns it by the close.
    } finally {
      proxy.ended(client);
    }
  }

  /// @return whether the connection serves another request
  private boolean answer(InputStream in, HttpHead head) throws IOException {
    String[] line = head.first().split(" ");
    String range = head.header("range").orElse("");
    String authorization = head.header("authorization").orElse("");
    Fault fault = proxy.fault(new FaultyRegistry.Request(line[0], line[1], range, authorization));
    if (head.header("expect").isPresent()) {
      text("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (fault instanceof Fault.Late late) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(late.millis()));
    }
    if (fault instanceof Fault.Status own) {
      forward(in, OutputStream.nullOutputStream(), head, Long.MAX_VALUE);
      say(own, line[0].equals("HEAD"));
      return true;
    }
    Socket registry = proxy.connect();
    try (registry) {
      HttpHead passed = head.with("Connection", "close").without("Expect");
      OutputStream up = registry.getOutputStream();
      up.write((fault instanceof Fault.Whole ? passed.without("Range") : passed).bytes());
      long limit = fault instanceof Fault.ResetRequest cut ? cut.after() : Long.MAX_VALUE;
      if (!forward(in, up, head, limit)) {
        return reset();
      }
      InputStream down = new BufferedInputStream(registry.getInputStream());
      return relay(down, line[0].equals("HEAD"), fault);
    } finally {
      proxy.ended(registry);
    }
  }

  private void say(Fault.Status own, boolean bodyless) throws IOException {
    HttpHead answer = new HttpHead("HTTP/1.1 " + own.status() + " Scripted", List.of());
    for (var header : own.headers().entrySet()) {
      answer = answer.with(header.getKey(), header.getValue());
    }
    client.getOutputStream().write(answer.with("Content-Length", "" + own.bytes().length).bytes());
    if (!bodyless) {
      client.getOutputStream().write(own.bytes());
    }
  }

  /// A request's body, as it is framed.
  ///
  /// @return false when it was cut at the limit
  private boolean forward(InputStream in, OutputStream up, HttpHead head, long limit)
      throws IOException {
    long left = limit;
    if (!head.chunked()) {
      long length = Math.max(0, head.length());
      copy(in, up, Math.min(length, left), true);
      up.flush();
      return length <= left;
    }
    while (true) {
      HttpHead size = new HttpHead(line(in), List.of());
      up.write((size.first() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      long length = Long.parseLong(size.first().split(";")[0].strip(), 16);
      copy(in, up, Math.min(length, left), true);
      if (length > left) {
        up.flush();
        return false;
      }
      left -= length;
      up.write((line(in) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      if (length == 0) {
        up.flush();
        return true;
      }
    }
  }

  /// The registry's answer.
  private boolean relay(InputStream in, boolean bodyless, Fault fault) throws IOException {
    HttpHead head = HttpHead.read(in).orElseThrow(EOFException::new).without("Connection");
    boolean empty = bodyless || head.first().matches("\\S+ (1..|204|304).*");
    long length = empty ? 0 : head.length();
    if (length < 0) {
      client.getOutputStream().write(head.with("Connection", "close").bytes());
      copy(in, client.getOutputStream(), Long.MAX_VALUE, false);
      return false;
    }
    OutputStream out = client.getOutputStream();
    long cut =
        switch (fault) {
          case Fault.Reset reset -> reset.after();
          case Fault.Truncate truncate -> truncate.after();
          case Fault.Shorten shorten -> shorten.to();
          case Fault.Stall stall -> stall.after();
          case Fault.Corrupt corrupt -> corrupt.at();
          case Fault.Pass _, Fault.Whole _, Fault.Late _, Fault.ResetRequest _, Fault.Status _ ->
              length;
        };
    if (cut < 0) {
      return reset();
    }
    long now = Math.min(cut, length);
    out.write(
        (fault instanceof Fault.Shorten ? head.with("Content-Length", "" + now) : head).bytes());
    copy(in, out, now, false);
    return switch (fault) {
      case Fault.Reset _ -> reset();
      case Fault.Truncate _, Fault.Shorten _ -> false;
      case Fault.Stall _ -> stall();
      case Fault.Corrupt _ -> {
        if (now < length) {
          proxy.sent.incrementAndGet();
          out.write(in.read() ^ 0xff);
          copy(in, out, length - now - 1, false);
        }
        yield true;
      }
      case Fault.Pass _, Fault.Whole _, Fault.Late _, Fault.ResetRequest _, Fault.Status _ -> true;
    };
  }

  /// With lingering off and time 0, a close sends RST.
  private boolean reset() throws IOException {
    client.setSoLinger(true, 0);
    client.close();
    return false;
  }

  /// Waits for the client to give up.
  private boolean stall() throws IOException {
    proxy.stalled.incrementAndGet();
    client.getInputStream().transferTo(OutputStream.nullOutputStream());
    return false;
  }

  private void copy(InputStream in, OutputStream out, long length, boolean up) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = length; left > 0; ) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        if (length == Long.MAX_VALUE) {
          return;
        }
        throw new EOFException("a body broke off");
      }
      // Before the other side has them: who has read all must find all counted.
      (up ? proxy.received : proxy.sent).addAndGet(n);
      out.write(buffer, 0, n);
      left -= n;
    }
  }

  private void text(String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("a chunk's head broke off");
      }
      line.append(b == '\r' ? "" : (char) b);
    }
    return line.toString();
  }
}
