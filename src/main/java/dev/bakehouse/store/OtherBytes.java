package dev.bakehouse.store;

import java.io.IOException;

/// A blob is there and was read, and is not what was published: to try again does not help.
public final class OtherBytes extends IOException {
  public OtherBytes(String message) {
    super(message);
  }
}
