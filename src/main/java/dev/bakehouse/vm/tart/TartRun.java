package dev.bakehouse.vm.tart;

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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The `tart run` process of one VM directory; `tart.id` there identifies it exactly, for every
/// process.
final class TartRun {
  static final String IDENTITY = "tart.id";
  static final String LOG = "run.log";
  private static final Duration END = Duration.ofSeconds(30);
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Tart tart;
  private final String name;
  private final Path directory;
  private final Optional<Channel> hold;
  private @Nullable Guarded guarded;

  TartRun(Tart tart, String name, Path directory, Optional<Channel> hold) {
    this.tart = tart;
    this.name = name;
    this.directory = directory;
    this.hold = hold;
  }

  void start(Command run, Owner owner) throws IOException {
    Files.deleteIfExists(log());
    Guardian guardian = Guardian.of(run, directory, log(), directory.resolve(IDENTITY));
    switch (owner) {
      case PIPE -> guarded = guardian.start();
      case HEIR -> guarded = guardian.heir(VmHome.heir(directory)).start();
      case DETACHED -> guardian.startDetached();
    }
  }

  /// The process, while it lives.
  Optional<ProcessHandle> process() {
    return Identity.read(directory.resolve(IDENTITY)).flatMap(Identity::alive);
  }

  /// Waits for the process to end by itself.
  boolean ended(Duration limit) {
    try {
      Poll.until(
          "the end of tart run " + name,
          limit,
          () -> Optional.of(name).filter(_ -> process().isEmpty()));
      return true;
    } catch (Poll.TimedOut e) {
      return false;
    }
  }

  /// Turns the VM off and waits until its process is gone. Tart is asked first, so that macOS's own
  /// process behind it goes too.
  void kill() {
    if (process().isPresent()) {
      tart.stop(name, STOP);
      process().ifPresent(ProcessHandle::destroyForcibly);
      if (!ended(END)) {
        throw new UserError(
            "`tart run` of the VM " + name + " does not die", "See `ps` for its state.");
      }
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

  Path log() {
    return directory.resolve(LOG);
  }

  /// Why it is not running, in Tart's words.
  UserError death(String doing) {
    UserError told = TartErrors.of(doing, 1, Tail.of(log()));
    return new Poll.Fatal(String.valueOf(told.getMessage()), told.remedy());
  }
}
