package dev.bakehouse.snapshot;

import java.io.IOException;

/// What was read is not what was saved, or is not acceptable: a damaged or hostile snapshot or
/// tree.
public sealed class Malformed extends IOException permits OtherVersion {
  public Malformed(String why) {
    super(why);
  }
}
