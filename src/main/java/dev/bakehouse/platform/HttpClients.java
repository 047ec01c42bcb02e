package dev.bakehouse.platform;

import java.net.http.HttpClient;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

  /// The same at the first use: a client reads the certificates the system trusts, which takes
  /// longer than all else that a job does before its VM.
  public static Supplier<HttpClient> lazily(Supplier<HttpClient.Builder> builder) {
    return new Supplier<>() {
      private @Nullable HttpClient client;

      @Override
      public synchronized HttpClient get() {
        HttpClient made = client == null ? build(builder.get()) : client;
        client = made;
        return made;
      }
    };
  }

  /// Breaks off what they still do; they can not be used again.
  public static void end() {
    synchronized (OPEN) {
      OPEN.forEach(HttpClient::shutdownNow);
      OPEN.clear();
    }
  }
}
