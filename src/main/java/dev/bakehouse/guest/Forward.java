package dev.bakehouse.guest;

/// Something of this machine that the guest can reach while the connection stands.
///
/// @param guest where the guest finds it: `127.0.0.1:PORT` or a socket's path
/// @param host where it is here, in the same forms
public record Forward(String guest, String host) {
  /// The same port of the loopback on both sides, so that addresses need no rewriting.
  public static Forward loopback(int port) {
    return new Forward("127.0.0.1:" + port, "127.0.0.1:" + port);
  }

  String argument() {
    return guest + ":" + host;
  }
}
