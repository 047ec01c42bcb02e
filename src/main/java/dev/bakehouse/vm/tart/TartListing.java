package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.vm.VmInfo;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/// What `vm list` tells of one VM directory. Tart is not asked.
final class TartListing {
  private TartListing() {}

  static VmInfo of(Path directory, VmRecord record, int slot) {
    Path identity = directory.resolve(TartRun.IDENTITY);
    long pid = Identity.read(identity).flatMap(Identity::alive).map(ProcessHandle::pid).orElse(0L);
    boolean ran = Files.exists(identity);
    Instant started = record.created();
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
