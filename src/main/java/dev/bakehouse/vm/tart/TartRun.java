package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Tail;
import dev.bakehouse.vm.VmProcess;
import java.nio.channels.Channel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// The `tart run` process of one VM.
final class TartRun extends VmProcess {
  static final String IDENTITY = "tart.id";
  static final String LOG = "run.log";
  private static final Duration END = Duration.ofSeconds(30);
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Tart tart;
  private final String name;

  TartRun(Tart tart, String name, Path directory, Optional<Channel> hold) {
    super("tart run " + name, directory, IDENTITY, LOG, hold);
    this.tart = tart;
    this.name = name;
  }

  /// Turns the VM off and waits until its process is gone. Tart is asked first, so that macOS's own
  /// process behind it goes too.
  @Override
  public void kill() {
    if (alive().isPresent()) {
      tart.stop(name, STOP);
      alive().ifPresent(ProcessHandle::destroyForcibly);
      if (!ended(END)) {
        throw new UserError(
            "`tart run` of the VM " + name + " does not die", "See `ps` for its state.");
      }
    }
    release();
  }

  /// Why it is not running, in Tart's words.
  UserError death(String doing) {
    UserError told = TartErrors.of(doing, 1, Tail.of(log()));
    return new Poll.Fatal(String.valueOf(told.getMessage()), told.remedy());
  }
}
