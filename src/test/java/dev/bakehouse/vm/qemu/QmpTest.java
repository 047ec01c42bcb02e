package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QmpTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String OK = "{\"return\": {}}\n";

  @TempDir Path dir;

  @Test
  void greetsAsksAndReadsEventsBetweenReplies() throws Exception {
    try (var server =
            serve(
                dir.resolve("q"),
                line ->
                    line.contains("query-status")
                        ? "{\"event\":\"STOP\"}\n{\"return\":{\"status\":\"paused\"}}\n{\"event\":\"SHUTDOWN\"}\n"
                        : OK);
        Qmp qmp = Qmp.connect(dir.resolve("q"), LIMIT)) {
      assertThat(server.isOpen()).isTrue();
      assertThat(qmp.execute("query-status").path("status").asString()).isEqualTo("paused");
      assertThat(qmp.event("SHUTDOWN", LIMIT).path("event").asString()).isEqualTo("SHUTDOWN");
    }
  }

  @Test
  void argumentsCrossExactly() throws Exception {
    String tricky = "a\"b\\c\nü€";
    try (var _ =
            serve(
                dir.resolve("q"),
                line -> line.contains("echo") ? "{\"return\":" + line + "}\n" : OK);
        Qmp qmp = Qmp.connect(dir.resolve("q"), LIMIT)) {
      assertThat(qmp.execute("echo", Map.of("text", tricky)).at("/arguments/text").asString())
          .isEqualTo(tricky);
    }
  }

  @Test
  void aRefusalIsTold() throws Exception {
    try (var _ =
            serve(
                dir.resolve("q"),
                line ->
                    line.contains("cont")
                        ? "{\"error\":{\"class\":\"GenericError\",\"desc\":\"not now\"}}\n"
                        : OK);
        Qmp qmp = Qmp.connect(dir.resolve("q"), LIMIT)) {
      assertThatThrownBy(() -> qmp.execute("cont"))
          .isInstanceOf(UserError.class)
          .hasMessage("QEMU refused `cont`: not now");
    }
  }

  @Test
  void silenceEndsAtTheDeadline() throws Exception {
    try (var _ = serve(dir.resolve("q"), line -> line.contains("cont") ? "" : OK);
        Qmp qmp = Qmp.connect(dir.resolve("q"), Duration.ofMillis(300))) {
      assertThatThrownBy(() -> qmp.execute("cont")).hasMessageContaining("within 300 ms");
    }
  }

  @Test
  void aDeadQemuIsToldAtOnce() throws Exception {
    try (var _ = serve(dir.resolve("q"), line -> line.contains("cont") ? "hang up" : OK);
        Qmp qmp = Qmp.connect(dir.resolve("q"), Duration.ofMinutes(5))) {
      assertThatThrownBy(() -> qmp.execute("cont")).hasMessageContaining("went away");
      assertThatThrownBy(() -> qmp.execute("stop")).hasMessageContaining("went away");
    }
  }

  @Test
  void aPathTooLongForTheSystemWorks() throws Exception {
    Path deep = Files.createDirectories(dir.resolve("d".repeat(80)).resolve("e".repeat(80)));
    try (var _ = serve(deep.resolve("q"), _ -> OK);
        Qmp qmp = Qmp.connect(deep.resolve("q"), LIMIT)) {
      assertThat(qmp.execute("stop").isObject()).isTrue();
    }
  }

  /// A server with QEMU's greeting and one answer for each line.
  private static ServerSocketChannel serve(Path socket, Function<String, String> answer)
      throws IOException {
    ServerSocketChannel server = UnixSockets.listen(socket);
    Thread.startVirtualThread(
        () -> {
          try (SocketChannel channel = server.accept();
              BufferedReader in =
                  new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
              Writer out = Channels.newWriter(channel, StandardCharsets.UTF_8)) {
            out.write("{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n");
            out.flush();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
              String reply = answer.apply(line);
              if (reply.equals("hang up")) {
                return;
              }
              out.write(reply);
              out.flush();
            }
          } catch (IOException e) {
            // The client has gone.
          }
        });
    return server;
  }
}
