package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.HttpClients;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/// Tells the embedded coordinator that an agent is to leave. That one holds pings open, and an
/// agent that was asked to leave meanwhile would take the job of the answer yet. Another server
/// answers pings at once, and this with 404.
final class Farewell {
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Supplier<HttpClient> HTTP =
      HttpClients.lazily(
          () ->
              HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWER));

  private Farewell() {}

  /// Waits for the answer, but not long: it is a courtesy.
  static void say(HostSettings host, String name) {
    try {
      URI api = URI.create(host.agent().endpoint().replaceAll("/+$", "") + "/leaving");
      if (String.valueOf(api.getHost()).endsWith("buildkite.com")) {
        return;
      }
      HttpRequest request =
          HttpRequest.newBuilder(api)
              .timeout(ANSWER)
              .header("Authorization", "Token " + AgentConfig.token(host))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(Map.of("name", name))))
              .build();
      // The request's own time is over with the first byte of an answer.
      var _ =
          HTTP.get()
              .sendAsync(request, BodyHandlers.discarding())
              .get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      // Then one more job may come to it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
