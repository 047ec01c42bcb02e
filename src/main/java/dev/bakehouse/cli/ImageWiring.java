package dev.bakehouse.cli;

import dev.bakehouse.image.BuildVm;
import dev.bakehouse.image.InUse;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;

/// Joins the image room with the rooms that drive VMs.
final class ImageWiring {
  private ImageWiring() {}

  static BuildVm.Maker vms(Path state) {
    return (name, base, size) -> {
      throw new UserError(
          "Could not start the VM " + name + " in " + state + ": no hypervisor is set up here",
          "Pull an image instead: `bakehouse image pull`.");
    };
  }

  static InUse inUse(Path state) {
    return InUse.NOTHING;
  }
}
