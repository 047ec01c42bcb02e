package dev.bakehouse.config;

import dev.bakehouse.platform.UserError;

/// A configuration that can not be used: names file, line and key.
public final class ConfigError extends UserError {
  public ConfigError(String where, String what, String remedy) {
    super(where + ": " + what, remedy);
  }
}
