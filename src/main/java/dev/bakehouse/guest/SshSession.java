package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// One command's session: its client process and the three streams.
///
/// It is started ahead of its command, which it then waits for in the guest: log-in, shell and the
/// runner's own start are behind it when the command comes.
public final class SshSession implements AutoCloseable {
  private static final Duration RESULT = Duration.ofSeconds(15);
  private static final int LONGEST_COMPLAINT = 4000;

  private final Process process;
  private final ByteArrayOutputStream complaint = new ByteArrayOutputStream();
  private volatile Optional<IOException> sinkFailure = Optional.empty();
  private Thread outPump = Thread.currentThread();
  private Thread errPump = Thread.currentThread();

  SshSession(Process process) {
    this.process = process;
  }

  /// As [Ssh#run]; once.
  public RunResult run(
      RunSpec spec, OutputStream out, OutputStream err, Control control, Duration deadline) {
    return run(spec, InputStream.nullInputStream(), out, err, control, deadline);
  }

  RunResult run(
      RunSpec spec,
      InputStream input,
      OutputStream out,
      OutputStream err,
      Control control,
      Duration deadline) {
    try {
      feed(spec.request(), input);
      outPump = Threads.start(() -> copy(process.getInputStream(), out, false));
      errPump =
          Threads.start(
              () ->
                  copy(
                      process.getErrorStream(),
                      spec.merged() ? OutputStream.nullOutputStream() : err,
                      true));
      if (!process.waitFor(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        return new RunResult.TimedOut(deadline);
      }
      return result(spec.id(), control);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Poll.Fatal("Interrupted while a command ran in the guest", "Start it again.");
    }
  }

  private void feed(byte[] request, InputStream input) {
    Threads.start(
        () -> {
          try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(request);
            stdin.flush();
            input.transferTo(stdin);
          } catch (IOException e) {
            // The client ended; its status tells the rest.
          }
        });
  }

  private void copy(InputStream from, OutputStream to, boolean stderr) {
    byte[] buffer = new byte[65536];
    try (from) {
      int got;
      while ((got = from.read(buffer)) >= 0) {
        if (stderr && complaint.size() < LONGEST_COMPLAINT) {
          complaint.write(buffer, 0, Math.min(got, LONGEST_COMPLAINT));
        }
        deliver(to, buffer, got);
      }
    } catch (IOException e) {
      // The client was ended.
    }
  }

  private void deliver(OutputStream to, byte[] buffer, int count) {
    if (sinkFailure.isPresent()) {
      return;
    }
    try {
      to.write(buffer, 0, count);
      to.flush();
    } catch (IOException e) {
      sinkFailure = Optional.of(e);
    }
  }

  /// To be called when the client has ended: waits for the output's end and asks the control
  /// channel.
  private RunResult result(String runId, Control control) throws InterruptedException {
    outPump.join();
    errPump.join();
    int status = process.exitValue();
    String said = complaint.toString(UTF_8).strip();
    String why = said.isEmpty() ? "the SSH client ended with status " + status : said;
    try {
      RunState state = control.status(runId);
      return switch (state) {
        case RunState.Unknown _ -> new RunResult.NotStarted(why);
        case RunState.Running _ ->
            status == 0 ? finished(control.await(runId, RESULT)) : lost(why, Optional.empty());
        case RunState.Over(Ended ended) ->
            status == 0 ? finished(ended) : lost(why, Optional.of(ended));
      };
    } catch (ControlLost e) {
      return lost(why + "; " + e.getMessage(), Optional.empty());
    }
  }

  private RunResult finished(Ended ended) {
    return switch (ended) {
      case Ended.Failed(String why) -> new RunResult.NotStarted(why);
      case Ended.Lost _ -> lost("the guest's runner was killed", Optional.empty());
      case Ended.Exited _, Ended.Signalled _ ->
          sinkFailure.isEmpty()
              ? new RunResult.Finished(ended)
              : lost("the output could not be written: " + sinkFailure.get(), Optional.of(ended));
    };
  }

  private static RunResult lost(String why, Optional<Ended> ended) {
    return new RunResult.ConnectionLost(why, ended);
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroyForcibly();
    }
  }
}
