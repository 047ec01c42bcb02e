package dev.bakehouse.guest;

import java.time.Duration;
import java.util.Optional;

/// What became of a command. Only [Finished] is the command's own doing.
public sealed interface RunResult {
  /// The command ended and all of its output was delivered.
  record Finished(Ended ended) implements RunResult {}

  /// The connection went away; the output may be incomplete.
  ///
  /// @param why the SSH client's complaint
  /// @param ended how the command ended, when the control channel knows
  record ConnectionLost(String why, Optional<Ended> ended) implements RunResult {}

  /// The command never ran.
  record NotStarted(String why) implements RunResult {}

  /// The deadline passed; the command still runs in the guest.
  record TimedOut(Duration deadline) implements RunResult {}
}
