package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Hypervisors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/// Tells which images VMs and templates stand on now; what processes use them is told by leases.
public interface InUse {
  InUse NOTHING = Set::of;

  /// Names in the store.
  Set<String> images();

  /// What the VMs and templates of a state directory were made from, running or not.
  ///
  /// @param store the directory of the images
  static InUse byVms(Path state, Path store) {
    return () ->
        Hypervisors.all(state).stream()
            .map(Hypervisor::images)
            .flatMap(images -> images.stream().filter(image -> lies(image, store)))
            .map(image -> String.valueOf(image.directory().getFileName()))
            .collect(Collectors.toSet());
  }

  private static boolean lies(BaseImage image, Path store) {
    Path parent = image.directory().toAbsolutePath().getParent();
    try {
      return parent != null && Files.isDirectory(parent) && Files.isSameFile(parent, store);
    } catch (IOException e) {
      throw new UserError(
          "Could not tell whether the image " + image.directory() + " is in use: " + e,
          "Check the modes of " + store + ".",
          e);
    }
  }
}
