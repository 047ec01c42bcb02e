package dev.bakehouse.guest;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;

/// The program that runs in guests.
public final class GuestProgram {
  private GuestProgram() {}

  /// Its source, for hypervisors that bring it along.
  public static byte[] bytes() {
    return resource("guest.pl");
  }

  static byte[] resource(String name) {
    try (InputStream in = GuestProgram.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the guest program: " + e.getMessage(), "Build Bakehouse again.", e);
    }
  }
}
