package dev.bakehouse.coordinator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/// Sends bytes, whatever they are, and takes what comes until the server closes.
final class RawHttp {
  private RawHttp() {}

  /// @return the first answer's head and all that follows; empty when the server just closed
  static String send(int port, byte[] bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      try {
        out.write(bytes);
        socket.shutdownOutput();
        socket.getInputStream().transferTo(answer);
      } catch (SocketException e) {
        // It closed before it had all; what it said until then counts.
      }
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  static String send(int port, String head, String body) throws IOException {
    String all =
        head + "\r\nHost: x\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length;
    return send(port, (all + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
  }

  /// 0 when there was no answer.
  static int status(String answer) {
    return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }
}
