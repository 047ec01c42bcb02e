package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Tail;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The QEMU process of one VM directory; `qemu.id` there identifies it exactly, for every process.
final class QemuProcess {
  static final String IDENTITY = "qemu.id";
  private static final String LOG = "qemu.log";
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Duration END = Duration.ofSeconds(20);

  private final Path directory;
  private final Optional<Channel> hold;
  private @Nullable Guarded guarded;

  QemuProcess(Path directory, Optional<Channel> hold) {
    this.directory = directory;
    this.hold = hold;
  }

  /// Starts QEMU and waits until its monitor answers.
  ///
  /// @throws UserError with the end of QEMU's log when it does not
  void start(List<String> argv, Owner owner) throws IOException {
    Files.deleteIfExists(directory.resolve(CommandLine.MONITOR));
    Files.deleteIfExists(directory.resolve(LOG));
    Guardian guardian =
        Guardian.of(
            Command.of(argv), directory, directory.resolve(LOG), directory.resolve(IDENTITY));
    switch (owner) {
      case PIPE -> guarded = guardian.start();
      case HEIR -> guarded = guardian.heir(VmHome.heir(directory)).start();
      case DETACHED -> guardian.startDetached();
    }
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
          if (identity().isEmpty()) {
            throw new Poll.Fatal("The VM in " + directory + " is not running", "Start it.");
          }
          return Optional.of(Qmp.connect(socket, ANSWER));
        });
  }

  /// The process, while it lives.
  Optional<ProcessHandle> identity() {
    return Identity.read(directory.resolve(IDENTITY)).flatMap(Identity::alive);
  }

  /// Waits for the process to end by itself.
  boolean ended(Duration limit) {
    try {
      Poll.until(
          "the end of QEMU in " + directory,
          limit,
          () -> Optional.of(directory).filter(_ -> identity().isEmpty()));
      return true;
    } catch (Poll.TimedOut e) {
      return false;
    }
  }

  /// Kills the process and waits until it is gone.
  void kill() {
    identity().ifPresent(ProcessHandle::destroyForcibly);
    if (!ended(END)) {
      throw new UserError(
          "QEMU in " + directory + " does not die",
          "See `ps` for its state; it may hang in a disk.");
    }
    Guarded mine = guarded;
    if (mine != null) {
      mine.close();
    }
    VmHome.release(hold);
  }

  /// Leaves the process to its other owner.
  void letGo() {
    Guarded mine = guarded;
    if (mine != null) {
      mine.letGo();
    }
  }

  /// Lets it live on without an owner.
  void leave() throws IOException {
    Guarded mine = guarded;
    if (mine != null) {
      mine.leave();
      guarded = null;
    } else if (hold.isPresent()) {
      Guardian.leave(hold.get());
    }
  }

  /// What QEMU and the guest's console said last.
  String death() {
    return Tail.of(directory.resolve(LOG))
        + "\nconsole: "
        + Tail.of(directory.resolve(CommandLine.CONSOLE));
  }
}
