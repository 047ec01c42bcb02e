package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The kernel's present run. What another run wrote and nobody synced may have been lost with the
/// power.
public final class Boot {
  /// Stands for a boot that has no name here; it is never the present one.
  private static final String UNKNOWN = "-";

  private static final String ID = find();

  private Boot() {}

  /// Without white space.
  public static String id() {
    return ID;
  }

  public static boolean isPresent(String id) {
    return id.equals(ID) && !id.equals(UNKNOWN);
  }

  private static String find() {
    Path linux = Path.of("/proc/sys/kernel/random/boot_id");
    try {
      String id =
          NativeCall.LINUX
              ? Files.readString(linux).strip()
              : Command.of("sysctl", "-n", "kern.bootsessionuuid").check().text().strip();
      return id.matches("[0-9a-fA-F-]+") ? id : UNKNOWN;
    } catch (IOException | UserError e) {
      return UNKNOWN;
    }
  }
}
