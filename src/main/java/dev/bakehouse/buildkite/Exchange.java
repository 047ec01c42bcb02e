package dev.bakehouse.buildkite;

import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// Requests with a token. What only reads is tried again when the server is busy.
final class Exchange {
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; *rel=\"next\"");
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration BUSY = Duration.ofSeconds(20);

  private final URI api;
  private final String token;
  private final HttpClient http =
      HttpClients.build(
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(Duration.ofSeconds(10)));

  /// @param api whose the token is
  Exchange(URI api, String token) {
    this.api = api;
    this.token = token;
  }

  HttpResponse<byte[]> get(URI uri) {
    return good(repeat(request(uri).GET().build(), BodyHandlers.ofByteArray()));
  }

  HttpResponse<byte[]> send(URI uri, String method, Object body) {
    HttpRequest request =
        request(uri)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
            .build();
    return good(once(request, BodyHandlers.ofByteArray()));
  }

  /// The bytes behind redirects; the token stays with the server it is for.
  InputStream follow(URI uri) {
    HttpResponse<InputStream> answer = bytes(own(uri) ? request(uri) : bare(uri));
    for (int i = 0; i < 5 && answer.statusCode() / 100 == 3; i++) {
      answer =
          bytes(bare(answer.uri().resolve(answer.headers().firstValue("Location").orElse(""))));
    }
    if (answer.statusCode() != 200) {
      throw refused(answer.request(), answer.statusCode(), "");
    }
    return answer.body();
  }

  private HttpResponse<InputStream> bytes(HttpRequest.Builder request) {
    return repeat(request.GET().build(), BodyHandlers.ofInputStream());
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
              + answer.uri()
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
          answer.uri() + " continues on another server: " + page,
          "Write the address into `api.url` under which the server knows itself.");
    }
    return Optional.of(page);
  }

  private HttpRequest.Builder request(URI uri) {
    return bare(uri)
        .header("Authorization", "Bearer " + token)
        .header("Accept", "application/json, text/plain;q=0.9");
  }

  private <T> HttpResponse<T> repeat(HttpRequest request, BodyHandler<T> handler) {
    long begin = System.nanoTime();
    return Poll.until(
        "an answer to " + request.method() + " " + request.uri(),
        BUSY,
        () -> {
          HttpResponse<T> answer = once(request, handler);
          if (answer.statusCode() == 429) {
            await(pause(answer), BUSY.minusNanos(System.nanoTime() - begin), request);
          }
          if (answer.statusCode() == 429 || answer.statusCode() >= 500) {
            throw new IOException("status " + answer.statusCode());
          }
          return Optional.of(answer);
        });
  }

  /// How long a server that is asked too often wants to be left alone: `Retry-After`, else
  /// Buildkite's `RateLimit-Reset`, both in seconds:
  /// https://buildkite.com/docs/apis/rest-api/limits
  private static Duration pause(HttpResponse<?> answer) {
    for (String header : new String[] {"Retry-After", "RateLimit-Reset"}) {
      String value = answer.headers().firstValue(header).orElse("");
      if (value.matches("[0-9]{1,6}")) {
        return Duration.ofSeconds(Long.parseLong(value));
      }
    }
    return Duration.ZERO;
  }

  private static void await(Duration pause, Duration left, HttpRequest request) {
    if (pause.compareTo(left) > 0) {
      throw new RestRefused(
          request.method()
              + " "
              + request.uri()
              + " was answered with 429: the rate limit is used up",
          429,
          "Ask again in " + pause.toSeconds() + " s, or with a token of another limit.");
    }
    Poll.pause("the rate limit of " + request.uri(), pause);
  }

  private <T> HttpResponse<T> once(HttpRequest request, BodyHandler<T> handler) {
    try {
      return http.send(request, handler);
    } catch (IOException e) {
      throw new Poll.Fatal(
          request.method() + " " + request.uri() + " failed: " + e,
          "Check that the coordinator runs and the address is right.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Poll.Fatal(
          request.method() + " " + request.uri() + " was interrupted", "Try again.");
    }
  }

  private static HttpResponse<byte[]> good(HttpResponse<byte[]> answer) {
    if (answer.statusCode() / 100 != 2) {
      String body = new String(answer.body(), StandardCharsets.UTF_8).strip();
      throw refused(answer.request(), answer.statusCode(), body);
    }
    return answer;
  }

  private static RestRefused refused(HttpRequest request, int status, String body) {
    String shown = body.length() > 500 ? body.substring(0, 500) + "…" : body;
    String remedy =
        switch (status) {
          case 401, 403 -> "Check the token and what it may do.";
          case 404 -> "Check organization, pipeline and build number.";
          default -> "Read the answer above.";
        };
    return new RestRefused(
        request.method() + " " + request.uri() + " was answered with " + status + " " + shown,
        status,
        remedy);
  }
}
