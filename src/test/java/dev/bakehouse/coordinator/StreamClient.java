package dev.bakehouse.coordinator;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;

/// A stream of pings as a newer agent opens it: gRPC framing over plain HTTP/1.1.
final class StreamClient implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /// What came in one piece with a message.
  private byte[] unread = {};

  final String status;

  /// @param agentId what the request names
  StreamClient(Coordinator coordinator, String token, String agentId) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), coordinator.address().getPort());
    socket.setSoTimeout(10_000);
    in = new BufferedInputStream(socket.getInputStream());
    byte[] id = agentId.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /agentedge.v1.AgentEdgeService/StreamPings HTTP/1.1\r\nHost: x\r\n"
            + "Content-Type: application/grpc\r\nTe: trailers\r\nAuthorization: Token "
            + token
            + "\r\nContent-Length: "
            + (id.length + 7)
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
    byte[] prefix = {0, 0, 0, 0, (byte) (id.length + 2), 0x0a, (byte) id.length};
    socket.getOutputStream().write(prefix);
    socket.getOutputStream().write(id);
    status = line();
    for (String header = line(); !header.isEmpty(); header = line()) {
      if (header.startsWith("Content-type:") && status.contains("200")) {
        if (!header.contains("application/grpc")) {
          throw new IOException(header);
        }
      }
    }
  }

  /// The next message, in words: `resume`, `pause`, `disconnect`, or a job's id.
  String next() throws IOException {
    if (unread.length == 0) {
      unread = in.readNBytes(Integer.parseInt(line(), 16));
      line();
    }
    int end = unread.length < 5 ? 5 : 5 + ByteBuffer.wrap(unread).getInt(1);
    if (end > unread.length || unread[0] != 0) {
      throw new IOException("no gRPC frame: " + HexFormat.of().formatHex(unread));
    }
    byte[] frame = Arrays.copyOf(unread, end);
    unread = Arrays.copyOfRange(unread, end, unread.length);
    String hex = HexFormat.of().formatHex(frame);
    return switch (hex.substring(10, 12)) {
      case "12" -> "resume";
      case "1a" -> "pause";
      case "22" -> "disconnect";
      case "2a" -> new String(frame, 11, frame.length - 11, StandardCharsets.UTF_8);
      default -> throw new IOException("unknown message " + hex);
    };
  }

  /// Whether nothing comes for a while.
  boolean silent(Duration time) throws IOException {
    if (unread.length > 0) {
      return false;
    }
    socket.setSoTimeout((int) time.toMillis());
    try {
      in.mark(1);
      int b = in.read();
      in.reset();
      return b < 0;
    } catch (java.net.SocketTimeoutException e) {
      return true;
    } finally {
      socket.setSoTimeout(10_000);
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the stream ended");
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
