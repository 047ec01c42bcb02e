package dev.bakehouse.job;

import java.net.URI;
import java.util.Optional;

/// Addresses on this host's loopback, which a guest gets on its own.
final class Loopback {
  private Loopback() {}

  /// The port of such an address.
  static Optional<Integer> port(String address) {
    int port = URI.create(address).getPort();
    return has(address) && port > 0 ? Optional.of(port) : Optional.empty();
  }

  /// Whether an address is one.
  static boolean has(String address) {
    URI uri = URI.create(address);
    String host = uri.getHost() == null ? "" : uri.getHost();
    return host.equals("localhost") || host.equals("[::1]") || host.startsWith("127.");
  }
}
