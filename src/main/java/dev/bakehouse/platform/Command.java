package dev.bakehouse.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One external command: an argument list, never a shell string. Immutable; each step of making it
/// returns a copy.
///
/// Secrets go in by [#input] or [#env], never into the arguments: those are shown in errors and in
/// the process list.
public final class Command {
  private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(5);
  private static final Pattern CREDENTIALS = Pattern.compile("(\\w://)[^/@\\s]+@");

  private final List<String> argv;
  private final @Nullable Path dir;
  private final Map<String, @Nullable String> env;
  private final byte @Nullable [] input;
  private final Duration deadline;
  private final boolean merged;

  private Command(
      List<String> argv,
      @Nullable Path dir,
      Map<String, @Nullable String> env,
      byte @Nullable [] input,
      Duration deadline,
      boolean merged) {
    this.argv = List.copyOf(argv);
    this.dir = dir;
    this.env = env;
    this.input = input;
    this.deadline = deadline;
    this.merged = merged;
  }

  public static Command of(String... argv) {
    return of(List.of(argv));
  }

  public static Command of(List<String> argv) {
    return new Command(argv, null, Map.of(), null, DEFAULT_DEADLINE, false);
  }

  public Command and(String... more) {
    List<String> all = new ArrayList<>(argv);
    all.addAll(List.of(more));
    return new Command(all, dir, env, input, deadline, merged);
  }

  /// The same environment, directory and input around another argument list.
  Command argv(List<String> other) {
    return new Command(other, dir, env, input, deadline, merged);
  }

  public Command in(Path directory) {
    return new Command(argv, directory, env, input, deadline, merged);
  }

  /// Adds a variable to the inherited environment; null removes it.
  public Command env(String name, @Nullable String value) {
    Map<String, @Nullable String> more = new LinkedHashMap<>(env);
    more.put(name, value);
    return new Command(argv, dir, more, input, deadline, merged);
  }

  /// Standard input; without it the command reads an empty one.
  public Command input(byte[] bytes) {
    return new Command(argv, dir, env, bytes.clone(), deadline, merged);
  }

  /// How long [#run] waits before the command and its children are killed; 5 minutes if not said.
  public Command deadline(Duration limit) {
    return new Command(argv, dir, env, input, limit, merged);
  }

  /// Standard error joins standard output.
  public Command merged() {
    return new Command(argv, dir, env, input, deadline, true);
  }

  public List<String> argv() {
    return argv;
  }

  /// Runs to the end and captures both streams.
  ///
  /// @throws UserError when the program is not there
  /// @throws CommandFailed when the deadline passed; its process tree is dead then
  public Outcome run() {
    Process process = launch(builder());
    CompletableFuture<byte[]> out = drain(process.getInputStream());
    CompletableFuture<byte[]> err = drain(process.getErrorStream());
    feed(process);
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        Processes.killTree(process.toHandle());
        throw new CommandFailed(this, "did not end within " + deadline.toSeconds() + " s");
      }
      return new Outcome(process.exitValue(), out.get(), err.get());
    } catch (InterruptedException e) {
      Processes.killTree(process.toHandle());
      Thread.currentThread().interrupt();
      throw new CommandFailed(this, "was interrupted");
    } catch (ExecutionException e) {
      throw new CommandFailed(this, "lost its output: " + e.getCause());
    }
  }

  /// Runs and insists on status 0.
  ///
  /// @throws CommandFailed with the command's own complaint
  public Outcome check() {
    Outcome outcome = run();
    if (!outcome.ok()) {
      throw new CommandFailed(
          this, "ended with status " + outcome.status() + ": " + outcome.complaint());
    }
    return outcome;
  }

  /// Starts without waiting; the caller owns the process and its streams. Input given by [#input]
  /// is written and closed.
  public Process start() {
    Process process = launch(builder());
    if (input != null) {
      feed(process);
    }
    return process;
  }

  /// Runs with this process's own input and outputs, such as a terminal, as long as it takes.
  ///
  /// @return exit status, 128+N for a signal
  public int inTerminal() {
    Process process = launch(builder().inheritIO());
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Processes.killTree(process.toHandle());
      Thread.currentThread().interrupt();
      throw new CommandFailed(this, "was interrupted");
    }
  }

  /// Starts with both output streams appended to a file and an empty standard input, unless
  /// [#input] was given.
  public Process startInto(Path log) {
    ProcessBuilder builder = builder();
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
    Process process = launch(builder);
    feed(process);
    return process;
  }

  private ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(merged);
    if (dir != null) {
      builder.directory(dir.toFile());
    }
    env.forEach(
        (name, value) -> {
          if (value == null) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    return builder;
  }

  private Process launch(ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      if (dir != null && !Files.isDirectory(dir)) {
        throw new UserError(dir + " is no directory", "Name one that exists.", e);
      }
      throw new UserError(
          "Could not start " + argv.getFirst() + ": " + e.getMessage(),
          "Install " + argv.getFirst() + " or put it on PATH.",
          e);
    }
  }

  private void feed(Process process) {
    Threads.start(
        () -> {
          try (OutputStream stdin = process.getOutputStream()) {
            if (input != null) {
              stdin.write(input);
            }
          } catch (IOException e) {
            // The command closed its input early; its status tells the rest.
          }
        });
  }

  private static CompletableFuture<byte[]> drain(InputStream stream) {
    CompletableFuture<byte[]> bytes = new CompletableFuture<>();
    Threads.start(
        () -> {
          try (stream) {
            bytes.complete(stream.readAllBytes());
          } catch (IOException | UncheckedIOException e) {
            bytes.complete(new byte[0]);
          } catch (Error e) {
            // More than fits into memory: who waits for it must hear.
            bytes.completeExceptionally(e);
          }
        });
    return bytes;
  }

  @Override
  public String toString() {
    return withoutCredentials(String.join(" ", argv));
  }

  /// Addresses of repositories may have a name and a token in them.
  public static String withoutCredentials(String text) {
    return CREDENTIALS.matcher(text).replaceAll("$1***@");
  }
}
