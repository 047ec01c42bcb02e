package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Tail;
import dev.bakehouse.vm.VmProcess;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The QEMU process of one VM.
final class QemuProcess extends VmProcess {
  static final String IDENTITY = "qemu.id";
  private static final String LOG = "qemu.log";
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Duration END = Duration.ofSeconds(20);

  private final Path directory;

  QemuProcess(Path directory, Optional<Channel> hold) {
    super("QEMU in " + directory, directory, IDENTITY, LOG, hold);
    this.directory = directory;
  }

  /// Starts QEMU and waits until its monitor answers.
  ///
  /// @throws UserError with the end of QEMU's log when it does not
  void start(List<String> argv, Owner owner) throws IOException {
    Files.deleteIfExists(directory.resolve(CommandLine.MONITOR));
    launch(Command.of(argv), owner);
    try {
      ask().close();
    } catch (UserError e) {
      kill();
      throw new UserError(
          "QEMU could not start the VM in " + directory + ": " + death(),
          "Correct what QEMU complains about.",
          e);
    }
  }

  /// A connection to the monitor. Waits for it while the process lives.
  Qmp ask() {
    Path socket = directory.resolve(CommandLine.MONITOR);
    return Poll.until(
        "QEMU's monitor " + socket,
        ANSWER,
        () -> {
          if (alive().isEmpty()) {
            throw new Poll.Fatal("The VM in " + directory + " is not running", "Start it.");
          }
          return Optional.of(Qmp.connect(socket, ANSWER));
        });
  }

  @Override
  public void kill() {
    alive().ifPresent(ProcessHandle::destroyForcibly);
    if (!ended(END)) {
      throw new UserError(
          "QEMU in " + directory + " does not die",
          "See `ps` for its state; it may hang in a disk.");
    }
    release();
  }

  /// What QEMU and the guest's console said last.
  String death() {
    return Tail.of(log()) + "\nconsole: " + Tail.of(directory.resolve(CommandLine.CONSOLE));
  }
}
