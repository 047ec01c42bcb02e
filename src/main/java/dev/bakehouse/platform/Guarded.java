package dev.bakehouse.platform;

import dev.bakehouse.platform.Processes.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A running program with a guardian. Closing it ends the program.
public final class Guarded implements AutoCloseable {
  private static final int UNKNOWN = -1;

  private final Identity identity;
  private final Process guardian;
  private volatile boolean left;
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  Guarded(Identity identity, Process guardian, BufferedReader said) {
    this.identity = identity;
    this.guardian = guardian;
    Threads.start(() -> listen(said));
  }

  /// The program's process.
  public Identity identity() {
    return identity;
  }

  /// The guardian's process.
  public ProcessHandle guardian() {
    return guardian.toHandle();
  }

  public boolean alive() {
    return identity.alive().isPresent();
  }

  /// Waits for the end.
  ///
  /// @return exit status, 128 + N for a program killed by signal N, or -1 when the guardian was
  ///   killed and can not tell; empty when the time passed first
  public OptionalInt await(Duration time) {
    try {
      return OptionalInt.of(ended.get(time.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    } catch (ExecutionException e) {
      return OptionalInt.of(UNKNOWN);
    }
  }

  /// Completes with the status of [#await].
  public CompletableFuture<Integer> ended() {
    return ended.copy();
  }

  /// TERM to the program's process group; KILL when the grace is over. Does not wait.
  public void terminate() {
    say("term\n");
  }

  /// KILL to the program's process group. Does not wait.
  public void kill() {
    say("kill\n");
  }

  /// Lets the program live on without an owner. Closing this does not end it any more.
  public void leave() {
    say("leave\n");
    left = true;
  }

  /// Is not an owner any more: the program lives on while it has another, and ends if it has none.
  public void letGo() {
    try {
      guardian.getOutputStream().close();
    } catch (IOException e) {
      // The guardian is gone, so is the program.
    }
  }

  /// Ends the program as the owner's death would, and waits until it is gone.
  @Override
  public void close() {
    if (left) {
      return;
    }
    letGo();
    if (await(Duration.ofMinutes(2)).isEmpty()) {
      identity.alive().ifPresent(Processes::killTree);
    }
  }

  private void say(String word) {
    try {
      guardian.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
      guardian.getOutputStream().flush();
    } catch (IOException e) {
      identity.alive().ifPresent(Processes::killTree);
    }
  }

  private void listen(BufferedReader said) {
    int status = UNKNOWN;
    try (said) {
      String line = said.readLine();
      if (line != null && line.startsWith("ended ")) {
        status = Integer.parseInt(line.substring("ended ".length()));
      }
    } catch (IOException | NumberFormatException e) {
      // The guardian was killed; the status stays unknown.
    }
    if (status == UNKNOWN) {
      identity.alive().ifPresent(Processes::killTree);
    }
    ended.complete(status);
  }
}
