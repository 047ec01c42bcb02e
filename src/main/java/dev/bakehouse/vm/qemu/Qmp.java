package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/// A client of QEMU's machine protocol: JSON lines over a unix socket, one command at a time.
///
/// QEMU serves one client, others wait for it: connect, ask, close.
final class Qmp implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final JsonNode END = MissingNode.getInstance();

  private final SocketChannel channel;
  private final Duration deadline;
  private final BlockingQueue<JsonNode> replies = new LinkedBlockingQueue<>();
  private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();

  private Qmp(SocketChannel channel, Duration deadline) {
    this.channel = channel;
    this.deadline = deadline;
    Threads.start(this::read);
  }

  /// Connects and leaves the greeting behind.
  ///
  /// @param deadline for the greeting and for each command
  /// @throws IOException when nobody listens
  static Qmp connect(Path socket, Duration deadline) throws IOException {
    Qmp qmp = new Qmp(UnixSockets.connect(socket), deadline);
    try {
      if (!qmp.take(qmp.replies, "the greeting", deadline).has("QMP")) {
        throw new UserError("No QEMU answers at " + socket, "Stop what uses that socket.");
      }
      qmp.execute("qmp_capabilities");
      return qmp;
    } catch (RuntimeException e) {
      qmp.close();
      throw e;
    }
  }

  JsonNode execute(String command) {
    return execute(command, Map.of());
  }

  /// @return the command's `return` value
  /// @throws UserError when QEMU refuses, is gone, or does not answer in time
  JsonNode execute(String command, Map<String, ?> arguments) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("execute", command);
    if (!arguments.isEmpty()) {
      line.put("arguments", arguments);
    }
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw gone(command);
    }
    JsonNode reply = take(replies, command, deadline);
    if (reply.has("error")) {
      throw new UserError(
          "QEMU refused `" + command + "`: " + reply.at("/error/desc").asString(),
          "See qemu.log in the VM's directory.");
    }
    return reply.path("return");
  }

  /// Waits for an event; others before it are dropped.
  JsonNode event(String name, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      JsonNode event = take(events, name, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
      if (event.path("event").asString().equals(name)) {
        return event;
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is left to close then.
    }
  }

  private JsonNode take(BlockingQueue<JsonNode> queue, String what, Duration limit) {
    try {
      JsonNode node = queue.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (node == null) {
        throw new UserError(
            "QEMU did not answer `" + what + "` within " + limit.toMillis() + " ms",
            "Its process may be stopped or the host overloaded.");
      }
      if (node.equals(END)) {
        queue.add(END);
        throw gone(what);
      }
      return node;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted while QEMU did `" + what + "`", "Start over.", e);
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode node = JSON.readTree(line);
        (node.has("event") ? events : replies).add(node);
      }
    } catch (IOException | JacksonException e) {
      // The connection is over either way.
    }
    replies.add(END);
    events.add(END);
  }

  private static UserError gone(String what) {
    return new UserError(
        "QEMU went away during `" + what + "`", "See qemu.log in the VM's directory.");
  }
}
