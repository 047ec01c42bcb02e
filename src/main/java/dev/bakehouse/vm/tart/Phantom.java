package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.time.Duration;

/// A VM that macOS goes on counting against its limit of two though its `tart run` is gone: the
/// system's own process behind it has been left. That one is known by the VM's disk, which it has
/// open.
final class Phantom {
  /// The first 15 letters of its name are all that some systems keep.
  private static final String PROCESS = "com.apple.Virtu";

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Phantom() {}

  /// Ends it, where there is one.
  ///
  /// @param disk of a VM that nobody is to run any more
  static void end(Path disk) {
    try {
      Outcome holders =
          Command.of("lsof", "-t", "-a", "-c", PROCESS, "--", disk.toString())
              .deadline(LIMIT)
              .run();
      holders
          .text()
          .lines()
          .filter(line -> line.matches("[0-9]+"))
          .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream())
          .forEach(ProcessHandle::destroyForcibly);
    } catch (UserError e) {
      // No lsof, no knowledge; macOS has one.
    }
  }
}
