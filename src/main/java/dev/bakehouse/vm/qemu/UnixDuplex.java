package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.Duplex;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/// A connected unix socket as a channel into the guest.
final class UnixDuplex implements Duplex {
  private final SocketChannel channel;
  private final InputStream in;
  private final OutputStream out;

  UnixDuplex(SocketChannel channel) {
    this.channel = channel;
    this.in = Channels.newInputStream(channel);
    this.out = Channels.newOutputStream(channel);
  }

  @Override
  public InputStream in() {
    return in;
  }

  @Override
  public OutputStream out() {
    return out;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Closed is closed.
    }
  }
}
