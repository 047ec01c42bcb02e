package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;

/// Bytes that are not what their digest or format says.
public final class CorruptData extends UserError {
  public CorruptData(String what, String how) {
    super(what + " is corrupt: " + how, "Nothing was published; push or pull it again.");
  }
}
