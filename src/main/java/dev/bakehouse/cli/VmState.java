package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options all `vm` verbs share, and what they lead to.
final class VmState {
  @Option(
      names = "--state",
      paramLabel = "DIR",
      defaultValue = ".bakehouse",
      description = "The state directory (default: ${DEFAULT-VALUE}).")
  private Path state = Path.of(".bakehouse");

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many VMs this host runs at once (default: ${DEFAULT-VALUE}).")
  private int slots = 2;

  Path directory() {
    return state;
  }

  QemuHypervisor hypervisor() {
    return new QemuHypervisor(state, Owner.DETACHED);
  }

  Slots slots(QemuHypervisor hypervisor) {
    return new Slots(state.resolve("slots"), slots, new Reaper(state, List.of(hypervisor)));
  }

  Vm require(QemuHypervisor hypervisor, String name) {
    return hypervisor
        .find(name)
        .orElseThrow(
            () -> new UserError("There is no VM named " + name, "`bakehouse vm list` names all."));
  }

  static void say(String progress) {
    System.err.println(progress);
  }

  /// An image of the local store by name, or a directory that holds a `disk.img`.
  BaseImage image(String nameOrDirectory) {
    Path stored = state.resolve("images").resolve(nameOrDirectory);
    Path directory = Files.isDirectory(stored) ? stored : Path.of(nameOrDirectory);
    Path disk = directory.resolve("disk.img");
    try {
      Path real = directory.toRealPath();
      String name = Optional.ofNullable(real.getFileName()).map(Path::toString).orElse("image");
      String digest = "file-" + Files.size(disk) + "-" + Files.getLastModifiedTime(disk).toMillis();
      return new BaseImage(name, real, digest + "-" + name);
    } catch (IOException e) {
      throw new UserError(
          "There is no image " + nameOrDirectory + " (looked for " + disk + ")",
          "Name one of " + state.resolve("images") + ", or `bakehouse image ensure`.",
          e);
    }
  }
}
