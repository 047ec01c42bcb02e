package dev.bakehouse.oci;

import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/// Sends endpoints to one registry: authentication, redirects (credentials stay with their host),
/// repeated attempts with growing pauses on 429, 5xx and broken connections.
final class RegistryClient {
  private static final int ATTEMPTS = 4;
  private static final int REDIRECTS = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /// Until the head of an answer; a large upload happens within it.
  private static final Duration ANSWER = Duration.ofMinutes(30);

  private final HttpClient http;
  private final URI base;
  private final Authentication authentication;

  RegistryClient(Reference.Remote remote, Credentials credentials, boolean plainHttp) {
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    String scheme = plainHttp ? "http" : "https";
    this.base = URI.create(scheme + "://" + remote.host() + "/v2/" + remote.repository() + "/");
    this.authentication = new Authentication(http, credentials, plainHttp);
  }

  <T> T send(Endpoint<T> endpoint) {
    int attempt = 1;
    while (true) {
      try {
        Answer answer = exchange(endpoint);
        boolean passing = answer.status() == 429 || answer.status() >= 500;
        if (!passing || attempt == ATTEMPTS || !endpoint.repeatable()) {
          return endpoint.handle(answer);
        }
        answer.body().close();
        pause(endpoint, retryAfter(answer).orElse(backOff(attempt)));
      } catch (IOException e) {
        boolean silent = e instanceof HttpConnectTimeoutException && attempt > 1;
        if (attempt == ATTEMPTS || silent || !endpoint.repeatable()) {
          throw new RegistryError.Unreachable(endpoint.action(), base.getAuthority(), e);
        }
        pause(endpoint, backOff(attempt));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RegistryError(
            "Could not " + endpoint.action() + ": interrupted", "Run it again.", e);
      }
      attempt++;
    }
  }

  private Answer exchange(Endpoint<?> endpoint) throws IOException, InterruptedException {
    Answer answer = once(endpoint, endpoint.uri(base));
    if (answer.status() == 401) {
      answer = answer.with(answer.document());
      if (authentication.answer(base.getAuthority(), answer.headers(), endpoint.action())) {
        answer = once(endpoint, endpoint.uri(base));
      }
    }
    for (int i = 0; i < REDIRECTS && isRedirect(answer); i++) {
      answer.body().close();
      answer = once(endpoint, answer.uri().resolve(answer.header("location").orElse("")));
    }
    return answer;
  }

  private Answer once(Endpoint<?> endpoint, URI uri) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        endpoint.prepare(HttpRequest.newBuilder(uri)).method(endpoint.method(), endpoint.body());
    if (uri.getAuthority().equals(base.getAuthority())) {
      authentication.header().ifPresent(value -> request.header("Authorization", value));
    }
    HttpResponse<InputStream> response =
        http.send(request.timeout(ANSWER).build(), HttpResponse.BodyHandlers.ofInputStream());
    return new Answer(response.statusCode(), response.headers(), response.body(), uri);
  }

  private static boolean isRedirect(Answer answer) {
    return switch (answer.status()) {
      case 301, 302, 303, 307, 308 -> answer.header("location").isPresent();
      default -> false;
    };
  }

  private static Optional<Duration> retryAfter(Answer answer) {
    return answer
        .header("retry-after")
        .filter(text -> text.matches("\\d{1,6}"))
        .map(text -> Duration.ofSeconds(Long.parseLong(text)))
        .map(wish -> wish.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wish);
  }

  private static Duration backOff(int attempt) {
    return FIRST_PAUSE.multipliedBy(1L << (attempt - 1));
  }

  private static void pause(Endpoint<?> endpoint, Duration pause) {
    long end = System.nanoTime() + pause.toNanos();
    Poll.until(
        "the next attempt to " + endpoint.action(),
        pause.plusSeconds(5),
        () -> System.nanoTime() >= end ? Optional.of(true) : Optional.empty());
  }
}
