package dev.bakehouse;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;

/// Ports of the loopback.
final class Ports {
  private Ports() {}

  static boolean listening(int port) throws IOException {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (ConnectException e) {
      return false;
    }
  }
}
