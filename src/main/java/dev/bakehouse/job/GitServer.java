package dev.bakehouse.job;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Serves a job's mirrors, and only these, read-only over git's own protocol on the host's
/// loopback. The guest reaches the port through the job's SSH connection, so no credential leaves
/// the host.
final class GitServer implements AutoCloseable {
  private final ServerSocket socket;
  private final SequencedMap<String, GitMirror> repositories;

  private GitServer(ServerSocket socket, SequencedMap<String, GitMirror> repositories) {
    this.socket = socket;
    this.repositories = repositories;
  }

  /// @param repositories address as the guest's git will ask for it → mirror
  static GitServer start(SequencedMap<String, GitMirror> repositories) throws IOException {
    GitServer server =
        new GitServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), repositories);
    Threads.start(server::accept);
    return server;
  }

  int port() {
    return socket.getLocalPort();
  }

  /// Variables that make the guest's git ask here for each of the addresses: git-config(1),
  /// `url.*.insteadOf` and `GIT_CONFIG_COUNT`.
  ///
  /// @param already the job's own environment, whose `GIT_CONFIG_*` entries stay
  Map<String, String> guestConfiguration(Map<String, String> already) {
    int first;
    try {
      first = Integer.parseInt(already.getOrDefault("GIT_CONFIG_COUNT", "0"));
    } catch (NumberFormatException e) {
      first = 0;
    }
    Map<String, String> env = new LinkedHashMap<>();
    int next = first;
    for (Map.Entry<String, GitMirror> repository : repositories.entrySet()) {
      String here = "git://127.0.0.1:" + port() + "/" + repository.getValue().dir().getFileName();
      env.put("GIT_CONFIG_KEY_" + next, "url." + here + ".insteadOf");
      env.put("GIT_CONFIG_VALUE_" + next, repository.getKey());
      next++;
    }
    env.put("GIT_CONFIG_COUNT", String.valueOf(next));
    return env;
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Threads.start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    List<String> argv =
        new ArrayList<>(List.of("git", "daemon", "--inetd", "--export-all", "--strict-paths"));
    GitMirror any = repositories.firstEntry().getValue();
    argv.add("--base-path=" + any.dir().getParent());
    repositories.values().forEach(mirror -> argv.add(mirror.dir().toString()));
    Process daemon = Command.of(argv).start();
    try (connection) {
      Threads.start(() -> pump(connection, daemon));
      try (InputStream answers = daemon.getInputStream()) {
        answers.transferTo(connection.getOutputStream());
      }
    } catch (IOException e) {
      // The guest hung up; the daemon below ends with its pipe.
    } finally {
      daemon.destroy();
    }
  }

  private static void pump(Socket connection, Process daemon) {
    try (OutputStream requests = daemon.getOutputStream()) {
      InputStream in = connection.getInputStream();
      byte[] buffer = new byte[64 * 1024];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        requests.write(buffer, 0, n);
        requests.flush();
      }
    } catch (IOException e) {
      // Either side hung up; the other direction ends the connection.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
