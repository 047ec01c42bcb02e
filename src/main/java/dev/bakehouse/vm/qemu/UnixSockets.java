package dev.bakehouse.vm.qemu;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Unix sockets at any path. The system takes about a hundred bytes; a longer path goes through a
/// symbolic link that exists only while the address is used.
final class UnixSockets {
  private static final int MOST = 100;

  private UnixSockets() {}

  static SocketChannel connect(Path socket) throws IOException {
    return at(socket, SocketChannel::open);
  }

  static ServerSocketChannel listen(Path socket) throws IOException {
    return at(
        socket,
        address -> {
          ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
          return server.bind(address);
        });
  }

  private static <T> T at(Path socket, Use<T> use) throws IOException {
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length <= MOST) {
      return use.with(UnixDomainSocketAddress.of(socket));
    }
    Path directory = Files.createTempDirectory("bh");
    Path link = directory.resolve("d");
    try {
      Files.createSymbolicLink(link, socket.toAbsolutePath().getParent());
      return use.with(UnixDomainSocketAddress.of(link.resolve(socket.getFileName())));
    } finally {
      Files.deleteIfExists(link);
      Files.deleteIfExists(directory);
    }
  }

  private interface Use<T> {
    T with(UnixDomainSocketAddress address) throws IOException;
  }
}
