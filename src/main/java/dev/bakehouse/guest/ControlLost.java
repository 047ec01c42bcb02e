package dev.bakehouse.guest;

import dev.bakehouse.platform.UserError;

/// The control channel broke or did not answer in time.
public final class ControlLost extends UserError {
  ControlLost(String doing, String why) {
    super(
        "The guest's control channel failed while " + doing + ": " + why,
        "See the VM's console log.");
  }
}
