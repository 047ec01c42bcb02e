package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.VmInfo;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/// What `vm list` tells of one VM directory.
final class Listing {
  private Listing() {}

  static VmInfo of(Path directory, VmRecord record, int slot) {
    long pid = new QemuProcess(directory).identity().map(ProcessHandle::pid).orElse(0L);
    Path identity = directory.resolve("qemu.id");
    Instant started = record.created();
    boolean ran = Files.exists(identity);
    if (ran) {
      try {
        started = Files.getLastModifiedTime(identity).toInstant();
      } catch (IOException e) {
        // It went away meanwhile; its creation is the best answer.
      }
    }
    String state = pid > 0 ? "running" : ran ? "stopped" : "created";
    return new VmInfo(
        record.name(), state, record.image().name(), record.ownerText(), slot, pid, started);
  }
}
