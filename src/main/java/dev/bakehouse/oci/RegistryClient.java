package dev.bakehouse.oci;

import dev.bakehouse.platform.Attempts;
import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends endpoints to one registry: authentication, redirects (credentials stay with their host),
/// repeated attempts with growing pauses on 408, 429, 5xx, broken and stalled connections.
final class RegistryClient {
  private static final int REDIRECTS = 5;

  /// Attempts while nobody answers at all.
  private static final int CALLS = 3;

  private static final int SILENT_CALLS = 2;

  static {
    // What one read of a connection takes. 16 KiB, which is usual, cost a tenth of a pull's CPU.
    // The
    // JDK looks when the first client of a process is made.
    String bytes = System.getProperty("jdk.httpclient.bufsize", Integer.toString(1 << 18));
    System.setProperty("jdk.httpclient.bufsize", bytes);
  }

  private final HttpClient http;
  private final URI base;
  private final String repository;
  private final RegistryPatience patience;
  private final Authentication authentication;

  RegistryClient(
      Reference.Remote remote,
      Credentials credentials,
      boolean plainHttp,
      RegistryPatience patience) {
    this.http =
        HttpClients.build(
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect()));
    String scheme = plainHttp ? "http" : "https";
    this.base = URI.create(scheme + "://" + remote.host() + "/v2/" + remote.repository() + "/");
    this.repository = remote.repository();
    this.patience = patience;
    this.authentication =
        new Authentication(
            remote.host(), credentials, new TokenService(http, plainHttp, patience.stall()));
  }

  Patience patience() {
    return patience.repeats();
  }

  String host() {
    return base.getAuthority();
  }

  <T> T send(Endpoint<T> endpoint) {
    Attempts attempts = new Attempts(patience(), endpoint.action());
    while (true) {
      try {
        return endpoint.handle(exchange(endpoint));
      } catch (RegistryError.Failing e) {
        if (!endpoint.repeatable() || !attempts.again(e.retryAfter())) {
          throw e;
        }
      } catch (IOException e) {
        if (!endpoint.repeatable() || !attempts.again(Optional.empty(), most(e))) {
          throw new RegistryError.Unreachable(endpoint.action(), host(), e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RegistryError(
            "Could not " + endpoint.action() + ": interrupted", "Run it again.", e);
      }
    }
  }

  private static int most(IOException e) {
    return switch (e) {
      case HttpConnectTimeoutException _ -> SILENT_CALLS;
      case ConnectException _ -> CALLS;
      case IOException _ -> Integer.MAX_VALUE;
    };
  }

  private Answer exchange(Endpoint<?> endpoint) throws IOException, InterruptedException {
    Scopes scopes = endpoint.scopes(repository);
    Optional<String> header = authentication.header(scopes, endpoint.action());
    Answer answer = follow(endpoint, header);
    if (answer.status() == 401 && isOurs(answer.uri())) {
      answer = answer.with(answer.document());
      if (authentication.answer(challenges(answer), scopes, header, endpoint.action())) {
        answer = follow(endpoint, authentication.header(scopes, endpoint.action()));
      }
    }
    if (answer.isPassing()) {
      throw answer.failing(endpoint.action(), authentication.anonymous());
    }
    boolean denied = answer.status() == 401 || answer.status() == 403;
    if (denied && isOurs(answer.uri())) {
      throw authentication.denied(answer, challenges(answer), scopes, endpoint.action());
    }
    return answer;
  }

  private static List<Challenge> challenges(Answer answer) {
    return Challenge.parse(answer.headers().allValues("www-authenticate"));
  }

  private Answer follow(Endpoint<?> endpoint, Optional<String> header)
      throws IOException, InterruptedException {
    Answer answer = once(endpoint, endpoint.uri(base), header);
    for (int i = 0; i < REDIRECTS && answer.isRedirect(); i++) {
      answer.body().close();
      answer = once(endpoint, answer.location(endpoint.action()), header);
    }
    return answer;
  }

  private Answer once(Endpoint<?> endpoint, URI uri, Optional<String> header)
      throws IOException, InterruptedException {
    HttpRequest.BodyPublisher body =
        endpoint.part().map(FilePart::publisher).orElseGet(endpoint::body);
    HttpRequest.Builder request =
        endpoint.prepare(HttpRequest.newBuilder(uri)).method(endpoint.method(), body);
    header.filter(_ -> isOurs(uri)).ifPresent(value -> request.header("Authorization", value));
    HttpResponse<InputStream> response =
        await(
            http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream()),
            endpoint.part());
    return new Answer(
        response.statusCode(),
        response.headers(),
        new WatchedBody(response.body(), patience.stall()),
        uri);
  }

  /// Waits for the head of an answer as long as bytes of the request's body move.
  private <R> R await(CompletableFuture<R> answer, Optional<FilePart> part)
      throws IOException, InterruptedException {
    long moved = -1;
    long since = System.nanoTime();
    Duration step = patience.stall().dividedBy(4);
    try {
      while (true) {
        try {
          return answer.get(step.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          long now = part.map(FilePart::taken).orElse(0L);
          since = now == moved || part.isEmpty() ? since : System.nanoTime();
          moved = now;
          boolean sent = part.isPresent() && part.get().taken() == part.get().length();
          Duration limit = sent ? patience.settle() : patience.stall();
          if (System.nanoTime() - since > limit.toNanos()) {
            throw new HttpTimeoutException("no byte moved for " + WatchedBody.text(limit));
          }
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case null, default -> throw new IOException(e);
      }
    } finally {
      answer.cancel(true);
    }
  }

  /// Whether an address is this registry's own, so that it may see its credentials.
  private boolean isOurs(URI uri) {
    return base.getScheme().equals(uri.getScheme())
        && base.getHost().toLowerCase(Locale.ROOT).equals(uri.getHost().toLowerCase(Locale.ROOT))
        && port(base) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }
}
