package dev.bakehouse.volume;

import java.io.IOException;

/// What a guest or this host left can not be read, and never will be: trying again changes nothing.
public final class Unreadable extends IOException {
  Unreadable(String why) {
    super(why);
  }

  Unreadable(String why, Throwable cause) {
    super(why, cause);
  }

  /// Whether it is why something failed.
  public static boolean caused(Throwable failure) {
    for (@org.jspecify.annotations.Nullable Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof Unreadable) {
        return true;
      }
    }
    return false;
  }
}
