package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;

/// Why a cache is not saved, and would not be if it were tried again.
public final class Refused extends UserError {
  public Refused(String message) {
    this(message, "The next job that passes saves its own.");
  }

  public Refused(String message, String remedy) {
    super(message, remedy);
  }
}
