package dev.bakehouse.oci;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// Stands before a registry on the loopback: counts what goes each way, and lets no more through
/// than it may, so that someone can be killed at an exact byte.
public final class MeteredProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicLong down = new AtomicLong();
  private final AtomicLong up = new AtomicLong();
  private volatile long limit = Long.MAX_VALUE;
  private volatile CountDownLatch reached = new CountDownLatch(1);

  public MeteredProxy(String registry) throws IOException {
    this.target = Integer.parseInt(registry.substring(registry.indexOf(':') + 1));
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().start(this::accept);
  }

  public String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  /// Bytes to the client.
  public long down() {
    return down.get();
  }

  /// Bytes to the registry.
  public long up() {
    return up.get();
  }

  /// Both.
  public long moved() {
    return down() + up();
  }

  /// First lines of requests with this in them.
  public long requests(String part) {
    return requests.stream().filter(line -> line.contains(part)).count();
  }

  public List<String> requests() {
    return List.copyOf(requests);
  }

  /// Cuts all connections and lets through so many bytes more, both ways together.
  ///
  /// @return opens when one wanted more
  public CountDownLatch allow(long more) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
    reached = new CountDownLatch(1);
    limit = more == Long.MAX_VALUE ? more : moved() + more;
    return reached;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Socket registry = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.addAll(List.of(client, registry));
        Thread.ofPlatform().daemon().start(() -> pass(client, registry, up, true));
        Thread.ofPlatform().daemon().start(() -> pass(registry, client, down, false));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void pass(Socket from, Socket to, AtomicLong counter, boolean log) {
    byte[] buffer = new byte[1 << 14];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (moved() + n > limit) {
          reached.countDown();
          return;
        }
        if (log) {
          note(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        }
        counter.addAndGet(n);
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // One of them went away.
    }
  }

  private void note(String text) {
    Stream.of(text.split("\r\n"))
        .filter(line -> line.matches("(GET|HEAD|PUT|POST|PATCH|DELETE) /v2/\\S* HTTP/1.1"))
        .forEach(requests::add);
  }

  @Override
  public void close() throws IOException {
    server.close();
    allow(Long.MAX_VALUE);
  }
}
