package dev.bakehouse.job;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// `STATE/connections`: a directory for each connected VM, with the key its connection logs in
/// with.
public final class Connections {
  private Connections() {}

  static Path directory(HostSettings settings) {
    return settings.state().resolve("connections");
  }

  /// Deletes what killed jobs left: a directory is made after its VM and deleted before it, so one
  /// without a VM is nobody's.
  public static void sweep(HostSettings settings) {
    Path root = directory(settings);
    VmHome vms = new VmHome(settings.state());
    for (Path connection : list(root)) {
      if (!Files.exists(vms.directory(String.valueOf(connection.getFileName())))) {
        Directories.delete(connection);
      }
    }
  }

  private static List<Path> list(Path root) {
    try (var all = Files.list(root)) {
      return all.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UserError("Could not read " + root + ": " + Reason.of(e), "Check its mode.", e);
    }
  }
}
