package dev.bakehouse.vm;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The hypervisor's process of one VM. A file in the VM's directory identifies it exactly, for
/// every process.
public abstract class VmProcess {
  private final String what;
  private final Path directory;
  private final Path identity;
  private final Path log;
  private final Optional<Channel> hold;
  private @Nullable Guarded guarded;

  /// @param what it is, for errors
  /// @param identity name of the file that identifies it
  /// @param log name of the file with what it says
  /// @param hold keeps a VM alive that this process has taken over
  protected VmProcess(
      String what, Path directory, String identity, String log, Optional<Channel> hold) {
    this.what = what;
    this.directory = directory;
    this.identity = directory.resolve(identity);
    this.log = directory.resolve(log);
    this.hold = hold;
  }

  /// Starts it under a guardian; returns when it runs.
  public final void launch(Command command, Owner owner) throws IOException {
    Files.deleteIfExists(log);
    Guardian guardian = Guardian.of(command, directory, log, identity);
    switch (owner) {
      case PIPE -> guarded = guardian.start();
      case HEIR -> guarded = guardian.heir(VmHome.heir(directory)).start();
      case DETACHED -> guardian.startDetached();
    }
  }

  /// The process, while it lives.
  public final Optional<ProcessHandle> alive() {
    return Identity.read(identity).flatMap(Identity::alive);
  }

  /// Waits for the process to end by itself.
  ///
  /// @return whether it did
  public final boolean ended(Duration limit) {
    try {
      Poll.until(
          "the end of " + what, limit, () -> Optional.of(what).filter(_ -> alive().isEmpty()));
      return true;
    } catch (Poll.TimedOut e) {
      return false;
    }
  }

  /// Kills the process and waits until it is gone.
  public abstract void kill();

  /// Lets go of what guarded a process that has ended.
  protected final void release() {
    Guarded mine = guarded;
    if (mine != null) {
      mine.close();
    }
    try {
      if (hold.isPresent()) {
        hold.get().close();
      }
    } catch (IOException e) {
      // Closed is closed.
    }
  }

  /// Leaves the process to its other owner.
  public final void letGo() {
    Guarded mine = guarded;
    if (mine != null) {
      mine.letGo();
    }
  }

  /// Lets it live on without an owner.
  public final void leave() throws IOException {
    Guarded mine = guarded;
    if (mine != null) {
      mine.leave();
      guarded = null;
    } else if (hold.isPresent()) {
      Guardian.leave(hold.get());
    }
  }

  /// What it says.
  public final Path log() {
    return log;
  }
}
