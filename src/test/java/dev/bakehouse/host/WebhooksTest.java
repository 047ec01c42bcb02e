package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.OperationsSettings.Webhook;
import dev.bakehouse.host.Webhooks.State;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Patience;
import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class WebhooksTest {
  private static final Patience QUICK =
      new Patience(4, Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofSeconds(5));
  private static final State READY = new State(true, "", "", List.of("sequoia"));
  private static final State MISSING = new State(false, "image sequoia is missing", "", List.of());

  @TempDir Path dir;
  private final List<byte[]> bodies = Collections.synchronizedList(new ArrayList<>());
  private final List<String> signatures = Collections.synchronizedList(new ArrayList<>());
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final List<Integer> answers = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;
  private URI url;

  @BeforeEach
  void make() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/hook",
        exchange -> {
          // A body last: the tests await those.
          signatures.add(
              String.valueOf(exchange.getRequestHeaders().getFirst("X-Bakehouse-Signature")));
          bodies.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(answers.isEmpty() ? 204 : answers.removeFirst(), -1);
          exchange.close();
        });
    server.start();
    url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
  }

  @AfterEach
  void end() {
    server.stop(0);
  }

  private void await(int count) {
    Poll.until(
        count + " messages",
        Duration.ofSeconds(20),
        () -> bodies.size() >= count ? Optional.of(true) : Optional.empty());
  }

  private JsonNode body(int n) {
    return JsonMapper.builder().build().readTree(bodies.get(n));
  }

  @Test
  void aChangeIsToldOnceWithWhatWasBefore() {
    Webhooks hooks =
        new Webhooks("oven-a", List.of(new Webhook(url, Optional.empty())), QUICK, said::add);
    hooks.now(READY);
    hooks.now(READY);
    hooks.now(MISSING);
    await(2);
    assertThat(body(0).path("event").asString()).isEqualTo("host.readiness");
    assertThat(body(0).path("host").asString()).isEqualTo("oven-a");
    assertThat(body(0).path("state").path("ready").asBoolean()).isTrue();
    assertThat(body(0).path("before").isNull()).isTrue();
    assertThat(body(1).path("state").path("reason").asString())
        .isEqualTo("image sequoia is missing");
    assertThat(body(1).path("before").path("images").get(0).asString()).isEqualTo("sequoia");
    assertThat(signatures).containsOnly("null");
  }

  @Test
  void theSignatureIsWhatOpensslMakesOfTimeAndBody() throws Exception {
    Path secret = dir.resolve("secret");
    Directories.writePrivate(secret, "s3cret\n".getBytes(StandardCharsets.UTF_8));
    new Webhooks("oven-a", List.of(new Webhook(url, Optional.of(secret))), QUICK, said::add)
        .now(READY);
    await(1);
    String[] parts = signatures.getFirst().split("[=,]");
    String signed = parts[1] + "." + new String(bodies.getFirst(), StandardCharsets.UTF_8);
    String openssl =
        Command.of("openssl", "dgst", "-sha256", "-hmac", "s3cret", "-r")
            .input(signed.getBytes(StandardCharsets.UTF_8))
            .check()
            .text();
    assertThat(openssl).startsWith(parts[3]);
    assertThat(parts[3]).hasSize(64);
  }

  @Test
  void anAddressThatJavaKnowsNoHostInIsRefusedAndStopsNoSender() throws Exception {
    URI odd = URI.create("http://build_hub/hook");
    Path config =
        Files.writeString(
            dir.resolve("bakehouse.yml"), "host: {webhooks: [{url: '" + odd + "'}]}\n");
    assertThatThrownBy(() -> HostSettings.read(config))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("is no address of a web server: `http://build_hub/hook`");
    Webhooks hooks =
        new Webhooks("oven-a", List.of(new Webhook(odd, Optional.empty())), QUICK, said::add);
    for (int n = 1; n <= 2; n++) {
      int told = n;
      hooks.now(n == 1 ? READY : MISSING);
      Poll.until(
          "complaint " + n,
          Duration.ofSeconds(20),
          () -> Optional.of(said.size()).filter(size -> size == told));
    }
    assertThat(said).allMatch(line -> line.startsWith("Webhook " + odd + " was not told: "));
  }

  @Test
  void aSecretThatOthersCanReadIsNotUsed() throws Exception {
    Path secret = Files.writeString(dir.resolve("open"), "s3cret");
    Command.of("chmod", "644", secret.toString()).check();
    new Webhooks("oven-a", List.of(new Webhook(url, Optional.of(secret))), QUICK, said::add)
        .now(READY);
    Poll.until(
        "the complaint",
        Duration.ofSeconds(20),
        () -> said.stream().filter(line -> line.contains("others can use it")).findFirst());
    assertThat(bodies).isEmpty();
  }

  @Test
  void whatFailsIsTriedAgainAFewTimesAndARefusalIsNot() {
    answers.addAll(List.of(500, 503, 200, 400));
    Webhooks hooks =
        new Webhooks("oven-a", List.of(new Webhook(url, Optional.empty())), QUICK, said::add);
    hooks.now(READY);
    await(3);
    assertThat(body(2)).isEqualTo(body(0));
    hooks.now(MISSING);
    Poll.until(
        "the refusal",
        Duration.ofSeconds(20),
        () -> said.stream().filter(line -> line.contains("it answered 400")).findFirst());
    assertThat(bodies).hasSize(4);
    answers.addAll(List.of(500, 500, 500, 500, 204));
    hooks.now(READY);
    Poll.until(
        "giving up",
        Duration.ofSeconds(20),
        () -> said.stream().filter(line -> line.contains("it answered 500")).findFirst());
    assertThat(bodies).hasSize(8);
  }

  @Test
  void aReceiverThatHangsHoldsUpNeitherTheDaemonNorAnother() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      URI hangs = URI.create("http://127.0.0.1:" + mute.getLocalPort() + "/");
      Webhooks hooks =
          new Webhooks(
              "oven-a",
              List.of(new Webhook(hangs, Optional.empty()), new Webhook(url, Optional.empty())),
              QUICK,
              said::add);
      long start = System.nanoTime();
      for (int n = 0; n < 200; n++) {
        hooks.now(n % 2 == 0 ? READY : MISSING);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
      Poll.until(
          "the newest state at the other",
          Duration.ofSeconds(20),
          () ->
              Optional.of(bodies.size())
                  .filter(_ -> !bodies.isEmpty())
                  .map(_ -> body(bodies.size() - 1))
                  .filter(last -> !last.path("state").path("ready").asBoolean()));
    }
  }
}
