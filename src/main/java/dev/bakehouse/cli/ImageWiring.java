package dev.bakehouse.cli;

import dev.bakehouse.image.InUse;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/// Joins the image room with the room that drives VMs.
final class ImageWiring {
  private ImageWiring() {}

  /// Images of a store that the VMs and templates of a state directory were made from.
  static InUse inUse(Path state, Path store) {
    return () ->
        new QemuHypervisor(state)
            .images().stream()
                .filter(image -> in(store, image))
                .map(image -> String.valueOf(image.directory().getFileName()))
                .collect(Collectors.toSet());
  }

  private static boolean in(Path store, BaseImage image) {
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
