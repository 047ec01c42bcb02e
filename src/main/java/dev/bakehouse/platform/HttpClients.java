package dev.bakehouse.platform;

import java.net.http.HttpClient;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;

/// The process's HTTP clients. One that still waits for the network when the process ends holds the
/// end up for 300 ms: the JVM waits that long for threads in system calls.
public final class HttpClients {
  /// Weak: what nobody uses any more ends by itself.
  private static final Set<HttpClient> OPEN = Collections.newSetFromMap(new WeakHashMap<>());

  private HttpClients() {}

  /// Builds a client that [#end] ends.
  public static HttpClient build(HttpClient.Builder builder) {
    HttpClient client = builder.build();
    synchronized (OPEN) {
      OPEN.add(client);
    }
    return client;
  }

  /// Breaks off what they still do; they can not be used again.
  public static void end() {
    synchronized (OPEN) {
      OPEN.forEach(HttpClient::shutdownNow);
      OPEN.clear();
    }
  }
}
