package dev.bakehouse.coordinator;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Tells a full disk from what is wrong with the program: there is no more to say of it.
final class FullDisk {
  static final String WORDS =
      "The coordinator's disk is full: it takes nothing until there is room";

  private FullDisk() {}

  static boolean caused(Throwable failure) {
    for (@Nullable Throwable e = failure; e != null; e = e.getCause()) {
      boolean full =
          switch (e) {
            case SQLiteException s -> s.getResultCode() == SQLiteErrorCode.SQLITE_FULL;
            case IOException io -> String.valueOf(io.getMessage()).contains("No space left");
            default -> false;
          };
      if (full) {
        return true;
      }
    }
    return false;
  }
}
