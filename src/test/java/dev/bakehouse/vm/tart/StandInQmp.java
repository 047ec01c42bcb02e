package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Poll;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The stand-in's line to QEMU's monitor.
final class StandInQmp {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final SocketChannel channel;
  private final BufferedReader in;

  private StandInQmp(SocketChannel channel) throws IOException {
    this.channel = channel;
    this.in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    in.readLine();
  }

  /// @param socket at any depth: it is reached by a short link
  static StandInQmp connect(Path socket) throws IOException {
    Path place = Files.createTempDirectory("st");
    Path link = Files.createSymbolicLink(place.resolve("d"), socket.getParent());
    try {
      StandInQmp qmp =
          Poll.until(
              "QEMU's monitor",
              LIMIT,
              () -> {
                var address = UnixDomainSocketAddress.of(link.resolve(socket.getFileName()));
                return Optional.of(new StandInQmp(SocketChannel.open(address)));
              });
      qmp.execute("qmp_capabilities", "");
      return qmp;
    } finally {
      Files.delete(link);
      Files.delete(place);
    }
  }

  /// @param arguments the inside of a JSON object
  synchronized JsonNode execute(String command, String arguments) {
    try {
      String text = "{\"execute\":\"" + command + "\",\"arguments\":{" + arguments + "}}\n";
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      while (true) {
        String line = in.readLine();
        if (line == null) {
          return JSON.readTree("{}");
        }
        JsonNode answer = JSON.readTree(line);
        if (answer.has("error")) {
          throw new IOException(line);
        }
        if (answer.has("return")) {
          return answer.path("return");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String awaitStatus(String query, Set<String> wanted) {
    return Poll.until(
        query,
        LIMIT,
        () -> Optional.of(execute(query, "").path("status").asString("")).filter(wanted::contains));
  }
}
