package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The client process that owns the connection. It ends when this process does: a small perl
/// process between the two watches the pipe.
final class SshMaster implements AutoCloseable {
  private final Process process;
  private final CompletableFuture<Optional<String>> ready = new CompletableFuture<>();

  private SshMaster(Process process) {
    this.process = process;
    Threads.start(this::read);
  }

  /// @param env added to the client's environment
  /// @param heir a FIFO as in [dev.bakehouse.platform.Guardian#heir], or empty
  static SshMaster start(List<String> argv, Map<String, String> env, String heir) {
    List<String> all =
        new ArrayList<>(List.of("perl", "-e", ProgramFiles.text(SshMaster.class, "hold.pl"), heir));
    all.addAll(argv);
    Command command = Command.of(all).merged();
    for (Map.Entry<String, String> variable : env.entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    return new SshMaster(command.start());
  }

  /// Waits for the log-in.
  ///
  /// @return empty when connected, else the client's complaint; the client is gone then
  Optional<String> awaitReady(Duration deadline) {
    try {
      Optional<String> complaint = ready.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
      if (complaint.isPresent()) {
        close();
      }
      return complaint;
    } catch (TimeoutException | ExecutionException e) {
      close();
      return Optional.of("no log-in within " + deadline.toSeconds() + " s");
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  private void read() {
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      String line;
      while ((line = lines.readLine()) != null) {
        if (line.equals(SshOptions.READY)) {
          ready.complete(Optional.empty());
        } else if (said.length() < 2000) {
          said.append(said.isEmpty() ? "" : "; ").append(line.strip());
        }
      }
    } catch (IOException e) {
      said.append(e.getMessage());
    }
    ready.complete(Optional.of(said.isEmpty() ? "the SSH client ended" : said.toString()));
  }

  /// The client lives on while it has another owner.
  void letGo() {
    try (OutputStream pipe = process.getOutputStream()) {
      pipe.flush();
    } catch (IOException e) {
      // It ended already.
    }
  }

  @Override
  public void close() {
    letGo();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
