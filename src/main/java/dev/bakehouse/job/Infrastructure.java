package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;

/// The machinery failed, not the job's own work. Its message names the phase; the program exits
/// 125.
public final class Infrastructure extends UserError {
  private final Phase phase;

  Infrastructure(Phase phase, String message, String remedy, Throwable cause) {
    super("phase " + phase.label() + ": " + message, remedy, cause);
    this.phase = phase;
  }

  /// In which it failed.
  Phase phase() {
    return phase;
  }

  static Infrastructure of(Phase phase, Throwable error) {
    if (error instanceof Infrastructure infrastructure) {
      return infrastructure;
    }
    String remedy = error instanceof UserError user ? user.remedy() : "See the host's log.";
    String message = error instanceof UserError ? error.getMessage() : error.toString();
    return new Infrastructure(phase, String.valueOf(message), remedy, error);
  }
}
