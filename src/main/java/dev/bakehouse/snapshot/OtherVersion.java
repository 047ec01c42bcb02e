package dev.bakehouse.snapshot;

/// A snapshot that this program does not understand: another version made it.
public final class OtherVersion extends Malformed {
  public OtherVersion(String why) {
    super(why);
  }
}
