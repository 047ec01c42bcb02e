package dev.bakehouse.platform;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Files that are part of the program: in its jar, beside a class.
public final class ProgramFiles {
  private ProgramFiles() {}

  /// @param name relative to the class's package, or with a leading slash
  /// @throws UserError when the program is not whole
  public static byte[] bytes(Class<?> beside, String name) {
    try (@Nullable InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("it is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UserError(
          "Could not read " + name + " of the program: " + e.getMessage(),
          "Build or install Bakehouse again.",
          e);
    }
  }

  /// The same, as UTF-8.
  public static String text(Class<?> beside, String name) {
    return new String(bytes(beside, name), StandardCharsets.UTF_8);
  }
}
