package dev.bakehouse.guest;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;

/// The program that runs in guests.
public final class GuestProgram {
  private GuestProgram() {}

  /// Its source, for hypervisors that bring it along.
  public static byte[] bytes() {
    try (InputStream in = GuestProgram.class.getResourceAsStream("guest.pl")) {
      if (in == null) {
        throw new IOException("it is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the guest program: " + e.getMessage(), "Build Bakehouse again.", e);
    }
  }
}
