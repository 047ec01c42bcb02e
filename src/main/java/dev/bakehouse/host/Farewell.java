package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
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
      var _ = HTTP.get().send(request, BodyHandlers.discarding());
    } catch (IOException | UserError | IllegalArgumentException e) {
      // Then one more job may come to it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
