package dev.bakehouse.cli;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Hypervisors;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options all `vm` verbs share, and what they lead to.
final class VmState {
  @Mixin private HostOptions host = new HostOptions();

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "How many VMs this host runs at once (default: as configured, else 2).")
  private Optional<Integer> slots = Optional.empty();

  @Option(
      names = "--hypervisor",
      paramLabel = "NAME",
      description =
          "For new VMs and for templates: qemu, tart or auto (default: as configured, else auto).")
  private Optional<String> hypervisor = Optional.empty();

  Path directory() {
    return host.settings().state();
  }

  /// The one that makes new VMs.
  Hypervisor hypervisor() {
    HostSettings settings = host.settings();
    return Hypervisors.of(
        hypervisor.orElse(settings.vm().hypervisor()),
        settings.vm(),
        settings.state(),
        Owner.DETACHED);
  }

  /// The one that made a VM.
  Hypervisor of(VmRecord made) {
    return named(made.hypervisor(), host.settings());
  }

  /// Every one that may have VMs here.
  List<Hypervisor> all() {
    HostSettings settings = host.settings();
    return Hypervisors.NAMES.stream().map(name -> named(name, settings)).toList();
  }

  private static Hypervisor named(String name, HostSettings settings) {
    return Hypervisors.named(name, settings.vm().boot(), settings.state(), Owner.DETACHED);
  }

  Slots slots() {
    HostSettings settings = host.settings();
    return new Slots(
        settings.state().resolve("slots"),
        slots.orElse(settings.slots()),
        new Reaper(settings.state(), all()));
  }

  /// What is known of a VM, if there is one of this name.
  Optional<VmRecord> record(String name) {
    return new VmHome(directory()).read(name);
  }

  VmRecord made(String name) {
    return record(name)
        .orElseThrow(
            () -> new UserError("There is no VM named " + name, "`bakehouse vm list` names all."));
  }

  Vm require(String name) {
    return of(made(name)).find(name).orElseThrow();
  }

  static void say(String progress) {
    System.err.println(progress);
  }

  /// Makes a VM of an image of the local store, which can not be deleted meanwhile; of another one
  /// just so.
  Vm holding(Hypervisor hypervisor, String image, Supplier<Vm> make) {
    if (!image.matches("[A-Za-z0-9_][A-Za-z0-9._-]*")) {
      return make.get();
    }
    Optional<ImageLease> lease =
        ImageStore.of(hypervisor, host.settings().images()).lease(image, "vm create");
    if (lease.isEmpty()) {
      return make.get();
    }
    try (ImageLease held = lease.get()) {
      return held.steadily(_ -> make.get(), Vm::destroy);
    }
  }

  /// An image of the hypervisor's own by name; for one that keeps none, an image of the local store
  /// by name, or a directory that holds a `disk.img`.
  BaseImage image(Hypervisor hypervisor, String nameOrDirectory) {
    if (hypervisor.imageStore().isPresent()) {
      return hypervisor
          .image(nameOrDirectory)
          .orElseThrow(
              () ->
                  new UserError(
                      "There is no image "
                          + nameOrDirectory
                          + " in "
                          + hypervisor.imageStore().get(),
                      "Name one that is there, or `bakehouse image ensure`."));
    }
    Path images = host.settings().images();
    Path stored = images.resolve(nameOrDirectory);
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
          "Name one of " + images + ", or `bakehouse image ensure`.",
          e);
    }
  }
}
