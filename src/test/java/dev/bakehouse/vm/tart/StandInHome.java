package dev.bakehouse.vm.tart;

import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.node.ObjectNode;

/// `TART_HOME` of the stand-in.
record StandInHome(Path root) {
  interface Work {
    void run() throws IOException;
  }

  StandInVm vm(String name) {
    return new StandInVm(name, root.resolve("vms").resolve(name));
  }

  StandInVm require(String name) {
    StandInVm vm = vm(name);
    if (!vm.exists()) {
      throw StandInError.missing(name);
    }
    return vm;
  }

  List<StandInVm> all() throws IOException {
    return Trees.names(root.resolve("vms")).stream()
        .map(this::vm)
        .filter(StandInVm::exists)
        .toList();
  }

  /// Tart's lock on its home: cloning, and the start of a run.
  void locked(Work work) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                root.resolve("standin.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      work.run();
    }
  }

  /// Every command but `clone` and `pull` removes what lies in `tmp` and is not locked.
  void collectGarbage() throws IOException {
    for (String name : Trees.names(root.resolve("tmp"))) {
      Trees.delete(root.resolve("tmp").resolve(name));
    }
  }

  /// Replaces an existing VM of that name, as Tart does.
  void cloneVm(StandInVm source, String name) throws IOException {
    if (source.running()) {
      throw new StandInError(2, "VM \"" + source.name() + "\" is running");
    }
    StandInVm draft = new StandInVm(name, Files.createTempDirectory(root.resolve("vms"), ".new"));
    source.cloneTo(draft);
    if (!source.suspended()) {
      ObjectNode config = draft.config();
      config.put("macAddress", freshMac());
      draft.config(config);
    }
    Trees.delete(vm(name).directory());
    Files.move(draft.directory(), vm(name).directory(), StandardCopyOption.ATOMIC_MOVE);
  }

  /// Apple's limit holds for macOS guests. A file `standin.limit` gives a number.
  void insistBelowLimit(StandInVm starting) throws IOException {
    Path file = root.resolve("standin.limit");
    int limit = Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 100;
    List<String> others = new ArrayList<>();
    for (StandInVm vm : all()) {
      if (!vm.name().equals(starting.name()) && vm.running()) {
        others.add(vm.name());
      }
    }
    if (others.size() >= limit) {
      throw new StandInError(
          1,
          "The number of VMs exceeds the system limit"
              + (others.isEmpty()
                  ? ""
                  : " (other running VMs: " + String.join(", ", others) + ")"));
    }
  }

  /// A saved state does not survive its MAC running elsewhere.
  void settleMac(StandInVm starting) throws IOException {
    String mac = starting.config().path("macAddress").asString("");
    for (StandInVm vm : all()) {
      boolean twin =
          !vm.name().equals(starting.name())
              && vm.config().path("macAddress").asString("").equals(mac);
      if (twin && vm.running()) {
        ObjectNode config = starting.config();
        config.put("macAddress", freshMac());
        starting.config(config);
        Files.deleteIfExists(starting.directory().resolve(StandInVm.STATE));
        return;
      }
    }
  }

  private static String freshMac() {
    int random = ThreadLocalRandom.current().nextInt(1 << 24);
    return String.format(
        Locale.ROOT, "52:54:00:%02x:%02x:%02x", random >> 16, random >> 8 & 255, random & 255);
  }
}
