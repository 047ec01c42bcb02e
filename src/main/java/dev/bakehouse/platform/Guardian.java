package dev.bakehouse.platform;

import dev.bakehouse.platform.Processes.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Starts a long-running program that must not outlive its owner, or must ([#startDetached]).
///
/// The program gets its own session, an empty standard input, and a log file for both outputs. A
/// small perl process between owner and program holds the owner's pipe and ends the program's whole
/// process group when that pipe closes, so also when the owner is killed. Where the guardian itself
/// is killed, Linux kills the program; elsewhere the identity file lets a reaper do it.
public final class Guardian {
  private static final Duration START = Duration.ofSeconds(30);

  private final Command program;
  private final Path cwd;
  private final Path log;
  private final Path identity;
  private final Duration grace;
  private final String heir;
  private final boolean lasting;

  private Guardian(
      Command program,
      Path cwd,
      Path log,
      Path identity,
      Duration grace,
      String heir,
      boolean lasting) {
    this.program = program;
    this.cwd = cwd;
    this.log = log;
    this.identity = identity;
    this.grace = grace;
    this.heir = heir;
    this.lasting = lasting;
  }

  /// @param program its argument list and environment
  /// @param log both outputs are appended to it
  /// @param identity is written (`PID STARTED`) before the program's first instruction runs
  public static Guardian of(Command program, Path cwd, Path log, Path identity) {
    return new Guardian(program, cwd, log, identity, Duration.ZERO, "", false);
  }

  /// At the owner's end the program gets TERM, and KILL only after this time (whole seconds). KILL
  /// at once if not said.
  public Guardian grace(Duration time) {
    return new Guardian(program, cwd, log, identity, time, heir, lasting);
  }

  /// Makes a FIFO by which the program can be handed over: it lives as long as this process does or
  /// anybody has the FIFO open ([#inherit]).
  public Guardian heir(Path fifo) {
    return new Guardian(program, cwd, log, identity, grace, fifo.toString(), lasting);
  }

  /// At the owner's end the program is only asked, by TERM, and has all the time it needs. The
  /// grace then holds for [Guarded#terminate] alone, which comes before [Guarded#close].
  public Guardian lasting() {
    return new Guardian(program, cwd, log, identity, grace, heir, true);
  }

  /// Makes this process an owner, beside the one there is, of all that was started with this FIFO;
  /// until closed, or until this process is gone.
  ///
  /// @throws IOException when there is no such FIFO any more; that there is one does not mean that
  ///   the program still lives
  public static Channel inherit(Path fifo) throws IOException {
    // Opened for both, it waits for nobody at the other end.
    return FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /// Leaves a program that was inherited to nobody: it lives on after its last owner.
  public static void leave(Channel inherited) throws IOException {
    ((WritableByteChannel) inherited).write(ByteBuffer.wrap(new byte[] {1}));
  }

  /// Starts the program bound to this process.
  ///
  /// @throws UserError when it can not be started
  public Guarded start() {
    Process perl = launch(lasting ? "lasting" : "pipe");
    BufferedReader said = perl.inputReader(StandardCharsets.UTF_8);
    try {
      return new Guarded(handshake(perl, said), perl, said);
    } catch (IOException | RuntimeException e) {
      perl.destroyForcibly();
      throw failed(e);
    }
  }

  /// Starts the program for nobody: it lives on after this process.
  ///
  /// @throws UserError when it can not be started
  public Identity startDetached() {
    Process perl = launch("detached");
    try (BufferedReader said = perl.inputReader(StandardCharsets.UTF_8)) {
      return handshake(perl, said);
    } catch (IOException | RuntimeException e) {
      perl.destroyForcibly();
      throw failed(e);
    }
  }

  private Process launch(String mode) {
    List<String> argv = new ArrayList<>();
    String seconds = Long.toString(grace.toSeconds());
    argv.addAll(List.of("perl", "-", log.toString(), cwd.toString(), seconds, mode, heir));
    argv.addAll(program.argv());
    return program.argv(argv).start();
  }

  private Identity handshake(Process perl, BufferedReader said) throws IOException {
    OutputStream pipe = perl.getOutputStream();
    pipe.write(ProgramFiles.bytes(Guardian.class, "guardian.pl"));
    pipe.flush();
    String forked = line(perl, said);
    if (!forked.startsWith("forked ")) {
      throw new IOException(forked);
    }
    long pid = Long.parseLong(forked.substring("forked ".length()));
    Identity child =
        ProcessHandle.of(pid)
            .map(Processes::identity)
            .orElseThrow(() -> new IOException("its process vanished at once"));
    Path draft = identity.resolveSibling(identity.getFileName() + ".new");
    Files.writeString(draft, child.text() + "\n");
    Files.move(draft, identity, StandardCopyOption.ATOMIC_MOVE);
    pipe.write("go\n".getBytes(StandardCharsets.US_ASCII));
    pipe.flush();
    String started = line(perl, said);
    if (!started.equals("started")) {
      Files.deleteIfExists(identity);
      throw new IOException(started.replaceFirst("^failed ", ""));
    }
    return child;
  }

  private static String line(Process perl, BufferedReader said) throws IOException {
    CompletableFuture<@Nullable String> line = new CompletableFuture<>();
    Threads.start(
        () -> {
          try {
            line.complete(said.readLine());
          } catch (IOException e) {
            line.completeExceptionally(e);
          }
        });
    try {
      String word = line.get(START.toMillis(), TimeUnit.MILLISECONDS);
      if (word == null) {
        String complaint = new String(perl.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        throw new IOException("its guardian ended: " + complaint.strip());
      }
      return word;
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("its guardian said nothing within " + START.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private UserError failed(Exception e) {
    return new UserError(
        "Could not start " + program.argv().getFirst() + ": " + e.getMessage(),
        "Install it or put it on PATH; its output is in " + log + ".",
        e);
  }
}
