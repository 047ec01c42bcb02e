package dev.bakehouse.cli;

import dev.bakehouse.image.BuildVm;
import dev.bakehouse.image.GuestBuildVm;
import dev.bakehouse.image.InUse;
import dev.bakehouse.image.Log;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// Joins the image room with the rooms that drive VMs.
final class ImageWiring {
  private ImageWiring() {}

  /// A build's VM takes one of the host's slots.
  static BuildVm.Maker vms(Path state, int slots, Log log) {
    QemuHypervisor hypervisor = new QemuHypervisor(state);
    Slots all = new Slots(state.resolve("slots"), slots, new Reaper(state, List.of(hypervisor)));
    return GuestBuildVm.maker(hypervisor, all, state, log::say);
  }

  /// Images of this state directory's store that its VMs and templates were made from.
  static InUse inUse(Path state) {
    return () ->
        new QemuHypervisor(state)
            .images().stream()
                .filter(image -> in(state.resolve("images"), image))
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
