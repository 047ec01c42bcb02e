package dev.bakehouse.host;

import dev.bakehouse.config.OperationsSettings.Webhook;
import dev.bakehouse.platform.Attempts;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Patience;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.json.JsonMapper;

/// Tells others of a change of the host's readiness: a POST of JSON, signed when a secret is
/// configured (docs/operations.md). Each receiver has a thread and a short queue of its own, so
/// that one that does not answer costs nobody anything but old news of its own.
final class Webhooks {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int QUEUE = 20;
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Patience PATIENCE =
      new Patience(6, Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(5));

  private final String host;
  private final List<Receiver> receivers;
  private Optional<State> last = Optional.empty();

  /// What is told of.
  ///
  /// @param ready whether jobs that need an image may come
  /// @param reason for that
  /// @param away why there are no agents at all; empty when there are
  /// @param images names of the images that are ready
  record State(boolean ready, String reason, String away, List<String> images) {
    State {
      images = List.copyOf(images);
    }
  }

  private record Message(String id, byte[] body) {}

  Webhooks(String host, List<Webhook> hooks, Consumer<String> say) {
    this(host, hooks, PATIENCE, say);
  }

  Webhooks(String host, List<Webhook> hooks, Patience patience, Consumer<String> say) {
    this.host = host;
    this.receivers = hooks.stream().map(hook -> new Receiver(hook, patience, say)).toList();
  }

  /// Does not wait for anybody. The first state after a start of the daemon is told, too.
  void now(State state) {
    if (receivers.isEmpty() || last.equals(Optional.of(state))) {
      return;
    }
    Map<String, Object> body = new LinkedHashMap<>();
    String id = UUID.randomUUID().toString();
    body.put("event", "host.readiness");
    body.put("id", id);
    body.put("at", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    body.put("host", host);
    body.put("state", state);
    body.put("before", last.orElse(null));
    last = Optional.of(state);
    Message message = new Message(id, JSON.writeValueAsBytes(body));
    receivers.forEach(receiver -> receiver.offer(message));
  }

  /// `timestamp=SECONDS,signature=HEX` of HMAC-SHA256 over `SECONDS.BODY`.
  static String signature(byte[] secret, long seconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update((seconds + ".").getBytes(StandardCharsets.US_ASCII));
      String hex = HexFormat.of().formatHex(mac.doFinal(body));
      return "timestamp=" + seconds + ",signature=" + hex;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC-SHA256", e);
    }
  }

  private static final class Receiver {
    private final Webhook hook;
    private final Patience patience;
    private final Consumer<String> say;
    private final BlockingQueue<Message> queue = new ArrayBlockingQueue<>(QUEUE);
    private final HttpClient client =
        HttpClients.build(
            HttpClient.newBuilder().connectTimeout(ANSWER).version(HttpClient.Version.HTTP_1_1));

    Receiver(Webhook hook, Patience patience, Consumer<String> say) {
      this.hook = hook;
      this.patience = patience;
      this.say = say;
      Thread _ = Threads.start(this::run);
    }

    /// What has waited longest yields: the newest state counts.
    void offer(Message message) {
      while (!queue.offer(message)) {
        var _ = queue.poll();
      }
    }

    private void run() {
      try {
        while (true) {
          deliver(queue.take());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void deliver(Message message) throws InterruptedException {
      Attempts attempts = new Attempts(patience, "tell " + hook.url());
      String trouble = "";
      do {
        try {
          int status = post(message);
          if (status / 100 == 2) {
            return;
          }
          trouble = "it answered " + status;
          if (status / 100 == 4 && status != 408 && status != 429) {
            break;
          }
        } catch (IOException | RuntimeException e) {
          trouble = String.valueOf(e.getMessage() == null ? e : e.getMessage());
        }
      } while (attempts.again(Optional.empty()));
      say.accept("Webhook " + hook.url() + " was not told: " + trouble);
    }

    private int post(Message message) throws IOException, InterruptedException {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(hook.url())
              .timeout(ANSWER)
              .header("Content-Type", "application/json")
              .header("User-Agent", "bakehouse")
              .header("X-Bakehouse-Event", "host.readiness")
              .header("X-Bakehouse-Delivery", message.id())
              .POST(HttpRequest.BodyPublishers.ofByteArray(message.body()));
      if (hook.secretFile().isPresent()) {
        byte[] secret = secret(hook.secretFile().get());
        long seconds = Instant.now().getEpochSecond();
        request.header("X-Bakehouse-Signature", signature(secret, seconds, message.body()));
      }
      return client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    /// Read each time: so it can be changed without a restart.
    private static byte[] secret(Path file) throws IOException {
      Directories.insistPrivate("The secret of a webhook", file);
      byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
      if (secret.length == 0) {
        throw new IOException("its secret " + file + " is empty");
      }
      return secret;
    }
  }
}
