package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The page and the metrics of a daemon in a process of its own, with a real agent and a real
/// coordinator.
@Tag("agent")
class WebTest {
  private static final Map<String, String> VM = Map.of("queue", "vm");

  @TempDir Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private Oven oven;
  private int port;

  @BeforeEach
  void oven() throws IOException {
    oven = new Oven(dir);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void close() {
    oven.close();
  }

  @Test
  void theyTellThatTheHostIsReadyThenWhyItIsNot() throws Exception {
    var _ = oven.store().adopt("first", DiskFixture.make(dir.resolve("vm"), 1), Map.of(), "test");
    try (Guarded _ = oven.process(settings())) {
      await("/metrics", text -> text.contains("bakehouse_host_ready{host=\"oven-a\"} 1\n"));
      await(
          "/metrics",
          text -> text.contains("bakehouse_agents{host=\"oven-a\",state=\"idle\"} 1\n"));
      await("/metrics", text -> text.contains("bakehouse_images{host=\"oven-a\"} 1\n"));
      assertThat(await("/", text -> text.contains("<p class=good>ready</p>")))
          .contains("<td>oven-a.1</td>", "<td class=good>ready</td>")
          .doesNotContain("No agents");

      Path began = dir.resolve("began");
      Path end = dir.resolve("end");
      String build =
          oven.create("touch %s; while [ ! -e %s ]; do sleep 0.1; done".formatted(began, end), VM);
      Oven.await(began);
      String id = oven.coordinator.build(build).jobs().getFirst().id();
      await("/", text -> text.contains("<span class=busy>busy</span>") && text.contains(id));
      await(
          "/metrics",
          text ->
              text.contains("bakehouse_slot_state{host=\"oven-a\",slot=\"1\",state=\"busy\"} 1\n"));

      Directories.delete(oven.state.resolve("images/first"));
      String page = await("/", text -> text.contains("Not ready: image first is missing"));
      assertThat(page).contains("<td class=bad>missing</td>");
      String metrics =
          await("/metrics", text -> text.contains("bakehouse_host_ready{host=\"oven-a\"} 0"));
      assertThat(metrics)
          .contains("bakehouse_image_state{host=\"oven-a\",image=\"first\",state=\"missing\"} 1\n")
          .doesNotContain(id);
      judge(metrics);
      Files.createFile(end);
      assertThat(oven.ended(build).passed()).isTrue();

      assertThat(
              json(await("/status.json", text -> text.contains("\"ready\":false")))
                  .at("/images/0/state")
                  .asString())
          .isEqualTo("missing");
      oven.orders.drain("new disk");
      assertThat(
              json(await("/status.json", text -> text.contains("drained: new disk")))
                  .at("/drain/reason")
                  .asString())
          .isEqualTo("new disk");
      await("/metrics", text -> text.contains("bakehouse_host_drained{host=\"oven-a\"} 1\n"));
      Outcome status = bakehouse("host", "status", "--json");
      assertThat(json(status.text()).at("/drain/reason").asString()).isEqualTo("new disk");
    }
  }

  /// A host command, which needs no VM, run as in production.
  @Test
  void aJobThatRanIsThereWithItsPhases() throws Exception {
    var _ = oven.store().adopt("first", DiskFixture.make(dir.resolve("vm"), 1), Map.of(), "test");
    HostSettings settings = oven.real(settings());
    try (Guarded _ = oven.process(settings)) {
      oven.await(1, "queue=vm");
      await("/metrics", text -> text.contains("outcome=\"failed\"} 0\n"));
      // The repository has no bakehouse.yml to upload anything from.
      String build = oven.create("bakehouse pipeline upload", VM);
      assertThat(oven.ended(build).passed()).isFalse();
      String id = oven.coordinator.build(build).jobs().getFirst().id();
      String page = await("/", text -> text.contains(id) && text.contains("Last jobs"));
      assertThat(page).contains("<td>test #1 step<div class=soft>" + id, "failed");
      await(
          "/metrics",
          text -> text.contains("bakehouse_jobs_total{host=\"oven-a\",outcome=\"failed\"} 1\n"));
    }
  }

  @Test
  @SuppressWarnings("try") // It is closed in the middle.
  void aPortThatIsTakenHoldsNoJobUpAndIsTriedAgain() throws Exception {
    try (ServerSocket other = new ServerSocket()) {
      other.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      try (Guarded _ = oven.process(settings())) {
        oven.await(1, "queue=vm");
        assertThat(oven.ended(oven.create("true", VM)).passed()).isTrue();
        String log = Files.readString(oven.state.resolve("host.log"));
        assertThat(log)
            .contains("can not listen on `host.web: 127.0.0.1:" + port + "`")
            .contains("jobs go on", oven.state.resolve("bakehouse.yml").toString());
        other.close();
        await("/", text -> text.contains("<h1>oven-a</h1>"));
      }
    }
  }

  /// Each sends nothing, or half a request.
  @Test
  void connectionsWithoutEndHoldNoJobUpAndAreEnded() throws Exception {
    List<Socket> all = new ArrayList<>();
    try (Guarded _ = oven.process(settings())) {
      await("/", text -> text.contains("<h1>oven-a</h1>"));
      for (int n = 0; n < 300; n++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        all.add(socket);
        if (n % 2 == 0) {
          socket.getOutputStream().write("GET / HTTP/1.1\r\nX".getBytes(StandardCharsets.UTF_8));
        }
      }
      Instant then = Instant.now();
      oven.await(1, "queue=vm");
      assertThat(oven.ended(oven.create("true", VM)).passed()).isTrue();
      StatusFile status = new StatusFile(settings());
      HostStatus _ =
          Poll.until(
              "another look of the daemon",
              Oven.LONG,
              () -> status.read().filter(now -> Instant.parse(now.checked()).isAfter(then)));
      long _ =
          Poll.until(
              "most of the connections to be ended",
              Oven.LONG,
              () -> Optional.of(all.stream().filter(WebTest::ended).count()).filter(n -> n >= 200));
      await("/", text -> text.contains("<h1>oven-a</h1>"));
    } finally {
      for (Socket socket : all) {
        socket.close();
      }
    }
  }

  /// An address for documentation (RFC 5737): no machine has it.
  @Test
  void anAddressOfAnotherMachineIsRefusedAtTheStart() throws Exception {
    HostSettings settings = oven.settings(1, ", web: '192.0.2.1:9410'");
    Outcome refused = bakehouse("host", "run", "--config", settings.file().toString());
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.complaint())
        .contains(settings.file().toString(), "`host.web: 192.0.2.1:9410`", "no such address")
        .contains("Write 127.0.0.1 and the port");
    assertThat(oven.agents()).isEmpty();
  }

  private HostSettings settings() throws IOException {
    return oven.settings(1, ", web: '127.0.0.1:" + port + "'");
  }

  private Outcome bakehouse(String... words) {
    Command command = Command.of(Self.argv(words));
    return words[1].equals("run")
        ? command.run()
        : command.and("--config", oven.state.resolve("bakehouse.yml").toString()).run();
  }

  private static boolean ended(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static JsonNode json(String text) {
    return JsonMapper.builder().build().readTree(text);
  }

  private static void judge(String metrics) {
    Outcome judged =
        Command.of("promtool", "check", "metrics")
            .input(metrics.getBytes(StandardCharsets.UTF_8))
            .merged()
            .run();
    assertThat(judged.text()).isEmpty();
  }

  private String await(String path, Predicate<String> wanted) {
    StringBuilder last = new StringBuilder();
    try {
      return Poll.until(
          path + " as it is wanted",
          Oven.LONG,
          () -> {
            last.setLength(0);
            last.append(get(path));
            return Optional.of(last.toString()).filter(wanted);
          });
    } catch (Poll.TimedOut e) {
      throw new AssertionError(path + " was not as it was wanted, but " + last, e);
    }
  }

  private String get(String path) throws InterruptedException {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
