package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;

/// What a step itself asks for wrongly: its job fails with 1, and nothing is noted against the
/// host.
final class StepError extends UserError {
  StepError(String message, String remedy) {
    super(message, remedy);
  }
}
