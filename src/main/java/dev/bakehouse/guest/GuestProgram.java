package dev.bakehouse.guest;

import dev.bakehouse.platform.ProgramFiles;

/// The program that runs in guests.
public final class GuestProgram {
  private GuestProgram() {}

  /// Its source, for hypervisors that bring it along.
  public static byte[] bytes() {
    return ProgramFiles.bytes(GuestProgram.class, "guest.pl");
  }
}
