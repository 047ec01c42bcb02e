package dev.bakehouse.guest;

import dev.bakehouse.platform.UserError;

/// The guest's program is older than a call.
public final class OlderGuest extends UserError {
  private static final long serialVersionUID = 1;

  OlderGuest(String why) {
    super("The guest refused: " + why, "Build its image again.");
  }
}
