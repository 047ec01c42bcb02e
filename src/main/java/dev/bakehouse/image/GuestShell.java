package dev.bakehouse.image;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.FileCopy;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Commands and files of a build in its guest.
final class GuestShell implements AutoCloseable {
  private static final Duration COPY = Duration.ofMinutes(30);
  private static final Duration SCRIPT = Duration.ofMinutes(10);

  private final GuestSystem system;
  private final Ssh ssh;
  private final Control control;
  private int runs;

  GuestShell(GuestSystem system, Ssh ssh, Control control) {
    this.system = system;
    this.ssh = ssh;
    this.control = control;
  }

  /// Runs a command as the user; both of its outputs go to `output`.
  ///
  /// @return 0 to 255, 128+N for a signal
  int run(List<String> argv, String directory, OutputStream output, Duration deadline) {
    return run(argv, directory, InputStream.nullInputStream(), output, deadline);
  }

  /// Runs one of our scripts as root.
  ///
  /// @throws UserError with its output when it fails
  void script(String name, String... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    List<String> argv = new ArrayList<>(List.of("sudo", "-n", "sh", "-s", "--"));
    argv.addAll(List.of(arguments));
    int status =
        run(
            argv,
            "/",
            new ByteArrayInputStream(ProgramFiles.bytes(GuestShell.class, "build/" + name)),
            said,
            SCRIPT);
    if (status != 0) {
      throw new UserError(
          "The script %s ended with status %d in the guest: %s"
              .formatted(name, status, said.toString(StandardCharsets.UTF_8).strip()),
          "The user " + GuestSystem.USER + " of the base must have `sudo` without a password.");
    }
  }

  /// Copies a directory of this host to the guest's workspace.
  void send(Path directory, Path... without) {
    new FileCopy(ssh, control, system, COPY).send(directory, system.workspace(), without);
  }

  /// Where the guest asks for names.
  ///
  /// @param address empty for nowhere, as every image has it
  void resolve(String address) {
    control.resolve(address);
  }

  void powerOff() {
    control.powerOff();
  }

  private int run(
      List<String> argv, String dir, InputStream input, OutputStream output, Duration deadline) {
    String id = "build-" + ++runs;
    RunSpec spec =
        RunSpec.of(id, dir, argv.toArray(String[]::new)).env(system.environment()).withInput();
    OutputStream nothing = OutputStream.nullOutputStream();
    return switch (ssh.run(spec, input, output, nothing, control, deadline)) {
      case RunResult.Finished(Ended ended) -> ended.status();
      case RunResult.NotStarted(String why) ->
          throw failed(argv, "could not be started: " + why, "Check the directory " + dir + ".");
      case RunResult.ConnectionLost(String why, var _) ->
          throw failed(argv, "lost its connection: " + why, "Build again; see the guest's memory.");
      case RunResult.TimedOut(Duration limit) -> {
        control.signal(id, "KILL");
        throw failed(
            argv,
            "did not end within " + limit.toSeconds() + " s",
            "Raise `image.deadlines.bootstrap` in bakehouse.yml.");
      }
    };
  }

  private static UserError failed(List<String> argv, String how, String remedy) {
    return new UserError("`" + String.join(" ", argv) + "` " + how, remedy);
  }

  @Override
  public void close() {
    try (ssh;
        control) {
      // Closes both.
    }
  }
}
