package dev.bakehouse.oci;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A proxy on loopback in front of a real registry that misbehaves as a test's script says.
///
/// A rule is a method, a pattern found in the path with its query, and faults for the first,
/// second, … request that fits; after the last the rule lets pass. The first rule with a fault left
/// decides.
public final class FaultyRegistry implements AutoCloseable {
  /// A request as it came.
  ///
  /// @param range the header, or empty
  /// @param authorization the header, or empty
  public record Request(String method, String path, String range, String authorization) {}

  private record Every(int count, Fault fault) {}

  private record Rule(String method, Pattern path, Deque<Fault> faults, boolean forever) {
    synchronized Optional<Fault> take(Request request) {
      boolean fits = method.equals(request.method()) && path.matcher(request.path()).find();
      return fits ? Optional.ofNullable(forever ? faults.peek() : faults.poll()) : Optional.empty();
    }
  }

  final AtomicLong sent = new AtomicLong();
  final AtomicLong received = new AtomicLong();
  final AtomicInteger stalled = new AtomicInteger();
  private final ServerSocket server;
  private final InetSocketAddress behind;
  private final AtomicInteger seen = new AtomicInteger();
  private volatile @Nullable Every every;
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private FaultyRegistry(ServerSocket server, InetSocketAddress behind) {
    this.server = server;
    this.behind = behind;
  }

  /// @param host `host:port` of the registry behind
  public static FaultyRegistry before(String host) throws IOException {
    String[] parts = host.split(":");
    FaultyRegistry proxy =
        new FaultyRegistry(
            new ServerSocket(0, 200, InetAddress.getLoopbackAddress()),
            new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
    Thread.ofPlatform().daemon().start(proxy::accept);
    return proxy;
  }

  public String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  /// Adds a rule.
  ///
  /// @param path a regular expression, found anywhere in the path with its query
  public FaultyRegistry on(String method, String path, Fault... faults) {
    Deque<Fault> queue = new ArrayDeque<>(Arrays.asList(faults));
    rules.add(new Rule(method, Pattern.compile(path), queue, false));
    return this;
  }

  /// Adds a rule whose fault never ends.
  public FaultyRegistry always(String method, String path, Fault fault) {
    rules.add(new Rule(method, Pattern.compile(path), new ArrayDeque<>(List.of(fault)), true));
    return this;
  }

  /// Makes every so many-th request suffer a fault, whatever it is and beside all rules.
  public FaultyRegistry every(int count, Fault fault) {
    every = new Every(count, fault);
    return this;
  }

  /// Forgets all rules, requests and counts.
  public void reset() {
    rules.clear();
    every = null;
    requests.clear();
    sent.set(0);
    received.set(0);
    stalled.set(0);
  }

  /// All requests since [#reset], in the order they came.
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /// Requests of a method whose path fits.
  public long count(String method, String path) {
    Pattern pattern = Pattern.compile(path);
    return requests.stream()
        .filter(r -> r.method().equals(method) && pattern.matcher(r.path()).find())
        .count();
  }

  /// Bytes of answers' bodies that went to clients.
  public long sent() {
    return sent.get();
  }

  /// Bytes of requests' bodies that went to the registry.
  public long received() {
    return received.get();
  }

  /// How many answers were left stalled.
  public int stalled() {
    return stalled.get();
  }

  /// Ends all connections, stalled ones too; clients may come again.
  public void cut() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }

  /// Notes a request and says what happens to it.
  Fault fault(Request request) {
    requests.add(request);
    Every some = every;
    if (some != null && seen.incrementAndGet() % some.count() == 0) {
      return some.fault();
    }
    return rules.stream()
        .flatMap(rule -> rule.take(request).stream())
        .findFirst()
        .orElse(new Fault.Pass());
  }

  Socket connect() throws IOException {
    Socket socket = new Socket();
    open.add(socket);
    socket.connect(behind, 5_000);
    return socket;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        open.add(client);
        Thread.ofPlatform().daemon().start(() -> new FaultyConnection(this, client).serve());
      } catch (IOException e) {
        // Closed, or a client that went at once.
      }
    }
  }

  void ended(Socket socket) {
    open.remove(socket);
  }
}
