package dev.bakehouse.buildkite;

import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.ServerMessage;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// Requests with a token. What a busy server did not do is tried again; what only reads, also when
/// it failed or the connection broke.
final class Exchange {
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; *rel=\"next\"");
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration BUSY = Duration.ofSeconds(20);

  /// Buildkite's limits are of a minute.
  private static final Duration RATE = Duration.ofSeconds(75);

  private static final int TOO_MANY = 429;

  private final URI api;
  private final String authorization;
  private final Supplier<HttpClient> http =
      HttpClients.lazily(
          () ->
              HttpClient.newBuilder()
                  .version(HttpClient.Version.HTTP_1_1)
                  .connectTimeout(Duration.ofSeconds(10)));

  /// @param api whose the token is
  /// @param authorization the header with the token
  Exchange(URI api, String authorization) {
    this.api = api;
    this.authorization = authorization;
  }

  /// @param scope what the token must be allowed, for the error
  HttpResponse<byte[]> get(URI uri, String scope) {
    return good(repeat(request(uri).GET().build(), BodyHandlers.ofByteArray()), scope);
  }

  HttpResponse<byte[]> send(URI uri, String method, String scope, Object body) {
    HttpRequest request =
        request(uri)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
            .build();
    long end = System.nanoTime() + RATE.toNanos();
    HttpResponse<byte[]> answer = once(request, BodyHandlers.ofByteArray());
    while (answer.statusCode() == TOO_MANY) {
      await(answer, end);
      answer = once(request, BodyHandlers.ofByteArray());
    }
    return good(answer, scope);
  }

  /// The bytes behind redirects, which must lead to what is trusted; the token stays with the
  /// server it is for.
  InputStream follow(URI uri, String scope) {
    HttpResponse<InputStream> answer = bytes(own(uri) ? request(uri) : bare(uri));
    for (int i = 0; i < 5 && answer.statusCode() / 100 == 3; i++) {
      URI next = answer.uri().resolve(answer.headers().firstValue("Location").orElse(""));
      if (!trusts(next)) {
        throw new UserError(
            plain(answer.uri()) + " leads to another server without TLS: " + plain(next),
            "A job may have said that its artifact lies there; upload it without a destination.");
      }
      answer = bytes(bare(next));
    }
    if (answer.statusCode() != 200) {
      throw refused(answer.request(), answer.statusCode(), "", scope);
    }
    return answer.body();
  }

  private HttpResponse<InputStream> bytes(HttpRequest.Builder request) {
    return repeat(request.GET().build(), BodyHandlers.ofInputStream());
  }

  /// Whether bytes may be asked for at an address that is not certain to be the server's own word:
  /// on the server itself, or with TLS. So nobody is asked who trusts whoever is near.
  boolean trusts(URI uri) {
    return "https".equals(uri.getScheme())
        || Objects.equals(api.getAuthority(), uri.getAuthority());
  }

  private boolean own(URI uri) {
    return Objects.equals(api.getScheme(), uri.getScheme())
        && Objects.equals(api.getAuthority(), uri.getAuthority());
  }

  private static HttpRequest.Builder bare(URI uri) {
    return HttpRequest.newBuilder(uri).timeout(LIMIT);
  }

  static <T> T json(HttpResponse<byte[]> answer, Class<T> type) {
    try {
      return JSON.readValue(answer.body(), type);
    } catch (JacksonException e) {
      throw new UserError(
          answer.request().method()
              + " "
              + plain(answer.uri())
              + " was not answered as the REST API does: "
              + e.getOriginalMessage(),
          "Check the address; it ends with /v2.",
          e);
    }
  }

  /// The next page, which must be on the server that was asked: it is sent the token.
  Optional<URI> nextPage(HttpResponse<?> answer) {
    Matcher next = NEXT.matcher(answer.headers().firstValue("Link").orElse(""));
    if (!next.find()) {
      return Optional.empty();
    }
    URI page = answer.uri().resolve(next.group(1));
    if (!own(page)) {
      throw new UserError(
          plain(answer.uri()) + " continues on another server: " + plain(page),
          "Write the address into `api.url` under which the server knows itself.");
    }
    return Optional.of(page);
  }

  private HttpRequest.Builder request(URI uri) {
    return bare(uri)
        .header("Authorization", authorization)
        .header("Accept", "application/json, text/plain;q=0.9");
  }

  private <T> HttpResponse<T> repeat(HttpRequest request, BodyHandler<T> handler) {
    String what = "an answer to " + request.method() + " " + plain(request.uri());
    long end = System.nanoTime() + RATE.toNanos();
    while (true) {
      HttpResponse<T> answer = Poll.until(what, BUSY, () -> Optional.of(settled(request, handler)));
      if (answer.statusCode() != TOO_MANY) {
        return answer;
      }
      await(answer, end);
    }
  }

  private <T> HttpResponse<T> settled(HttpRequest request, BodyHandler<T> handler)
      throws IOException {
    HttpResponse<T> answer;
    try {
      answer = once(request, handler);
    } catch (Broken e) {
      throw new IOException(e.getMessage(), e);
    }
    if (answer.statusCode() >= 500) {
      throw new IOException("status " + answer.statusCode());
    }
    return answer;
  }

  /// For messages: an address may have a password in it.
  private static String plain(URI uri) {
    String info = uri.getRawUserInfo();
    return info == null ? uri.toString() : uri.toString().replace(info + "@", "");
  }

  /// Leaves a server alone for as long as it wants that: `Retry-After`, else the limit of
  /// Buildkite's that is used up, all in seconds:
  /// https://buildkite.com/docs/apis/rest-api/rate-limits
  private static void await(HttpResponse<?> answer, long end) {
    HttpRequest request = answer.request();
    boolean user = answer.headers().firstValue("RateLimit-User-Remaining").orElse("").equals("0");
    Duration pause = Duration.ofSeconds(1);
    for (String header :
        List.of(user ? "RateLimit-User-Reset" : "RateLimit-Reset", "Retry-After")) {
      String value = answer.headers().firstValue(header).orElse("");
      if (value.matches("[0-9]{1,6}")) {
        pause = Duration.ofSeconds(Long.parseLong(value));
      }
    }
    if (pause.toNanos() > end - System.nanoTime()) {
      throw new RestRefused(
          request.method()
              + " "
              + plain(request.uri())
              + " was answered with 429: the rate limit is used up",
          TOO_MANY,
          "Ask again in " + pause.toSeconds() + " s, or with a token of another limit.");
    }
    Poll.pause("the rate limit of " + plain(request.uri()), pause);
  }

  /// The connection ended before the answer did.
  private static final class Broken extends UserError {
    Broken(HttpRequest request, IOException why) {
      super(
          request.method() + " " + plain(request.uri()) + " failed: " + why,
          "Check that the coordinator runs and the address is right.",
          why);
    }
  }

  private <T> HttpResponse<T> once(HttpRequest request, BodyHandler<T> handler) {
    try {
      return http.get().send(request, handler);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new Poll.Fatal(
          "Nobody answers at "
              + plain(request.uri())
              + (e.getMessage() == null ? "" : ": " + e.getMessage()),
          "Check that the coordinator runs and the address is right.");
    } catch (IOException e) {
      throw new Broken(request, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Poll.Fatal(
          request.method() + " " + plain(request.uri()) + " was interrupted", "Try again.");
    }
  }

  private HttpResponse<byte[]> good(HttpResponse<byte[]> answer, String scope) {
    if (answer.statusCode() / 100 != 2) {
      throw refused(answer.request(), answer.statusCode(), ServerMessage.of(answer.body()), scope);
    }
    return answer;
  }

  private RestRefused refused(HttpRequest request, int status, String said, String scope) {
    String remedy =
        switch (status) {
          case 401 -> "Give a token that the server knows.";
          case 403 -> "Give a token with the scope " + scope + scopes() + ".";
          case 404 ->
              "Check organization, pipeline, build number and job, and the address, which ends with /v2.";
          default -> "Read the answer above.";
        };
    return new RestRefused(
        request.method() + " " + plain(request.uri()) + " was answered with " + status + " " + said,
        status,
        remedy);
  }

  /// What the token may do, where the server tells.
  private String scopes() {
    URI uri = URI.create(api.toString().replaceFirst("/+$", "") + "/access-token");
    try {
      HttpResponse<byte[]> answer = once(request(uri).GET().build(), BodyHandlers.ofByteArray());
      List<String> own = new ArrayList<>();
      JSON.readTree(answer.body()).path("scopes").forEach(s -> own.add(s.asString("")));
      return own.isEmpty() ? "" : "; this one has " + String.join(", ", own);
    } catch (UserError | JacksonException e) {
      return "";
    }
  }
}
