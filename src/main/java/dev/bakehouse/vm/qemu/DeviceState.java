package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// A suspended machine without its memory: half a megabyte in `device.state`. The memory is the
/// guest's own file and left out by `x-ignore-shared`.
///
/// The bytes cross a unix socket in both directions: every QEMU version does that, and no shell is
/// involved.
final class DeviceState {
  static final String FILE = "device.state";

  private static final String SOCKET = "state.sock";
  private static final String URI = "unix:" + SOCKET;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Map<String, ?> IGNORE_SHARED =
      Map.of("capabilities", List.of(Map.of("capability", "x-ignore-shared", "state", true)));

  private DeviceState() {}

  /// Stops the guest, then writes its state, so that memory and state belong together.
  static void save(Qmp qmp, Path directory) throws IOException {
    qmp.execute("stop");
    qmp.execute("migrate-set-capabilities", IGNORE_SHARED);
    qmp.execute("migrate-set-parameters", Map.of("max-bandwidth", 100_000_000_000L));
    Path socket = directory.resolve(SOCKET);
    try (ServerSocketChannel server = UnixSockets.listen(socket)) {
      CompletableFuture<Void> copied =
          CompletableFuture.runAsync(
              () -> receive(server, directory.resolve(FILE)), Threads::start);
      qmp.execute("migrate", Map.of("uri", URI));
      Poll.until(
          "the suspension in " + directory,
          LIMIT,
          () -> {
            String status = qmp.execute("query-migrate").path("status").asString("");
            if (status.equals("failed") || status.equals("cancelled")) {
              throw new Poll.Fatal(
                  "QEMU could not suspend the VM in " + directory + ": " + status,
                  "See qemu.log there.");
            }
            return Optional.of(status).filter("completed"::equals);
          });
      copied.join();
    } catch (CompletionException e) {
      throw new IOException(e);
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  /// Loads a template's state into a QEMU that waits for it, and lets the guest go on.
  static void load(Qmp qmp, Path template, Path directory) throws IOException {
    qmp.execute("migrate-set-capabilities", IGNORE_SHARED);
    qmp.execute("migrate-incoming", Map.of("uri", URI));
    Path socket = directory.resolve(SOCKET);
    try (SocketChannel channel = UnixSockets.connect(socket)) {
      Files.copy(template.resolve(FILE), Channels.newOutputStream(channel));
    }
    Poll.until(
        "the resumption of " + directory,
        LIMIT,
        () -> {
          String status = qmp.execute("query-status").path("status").asString("inmigrate");
          return Optional.of(status).filter(s -> !s.equals("inmigrate"));
        });
    qmp.execute("cont");
    Files.deleteIfExists(socket);
  }

  private static void receive(ServerSocketChannel server, Path file) {
    try (SocketChannel channel = server.accept()) {
      Files.copy(Channels.newInputStream(channel), file);
    } catch (IOException e) {
      throw new UserError(
          "Could not write the VM's state to " + file + ": " + e.getMessage(),
          "Check the space of the state directory.",
          e);
    }
  }
}
