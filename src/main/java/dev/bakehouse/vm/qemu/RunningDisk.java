package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.UserError;
import java.util.Map;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// Another file behind the cache disk of a guest that runs and has not used it. The guest sees the
/// same disk: same place, same size.
final class RunningDisk {
  private static final String NODE = "volume";
  private static final String CACHE = "cache";

  private RunningDisk() {}

  /// @param file qcow2, relative to QEMU's working directory
  /// @throws UserError when QEMU can not do it: before 6.2
  static void change(Qmp qmp, String file) {
    JsonNode all = qmp.execute("query-block");
    String device =
        StreamSupport.stream(all.spliterator(), false)
            .filter(disk -> disk.path("device").asString("").equals(CACHE))
            .map(disk -> disk.path("qdev").asString("").replaceFirst("/virtio-backend$", ""))
            .filter(path -> !path.isEmpty())
            .findFirst()
            .orElseThrow(() -> new UserError("QEMU shows no cache disk", "Use QEMU 6.2 or later."));
    Map<String, Boolean> unsafe = Map.of("no-flush", true);
    qmp.execute(
        "blockdev-add",
        Map.of(
            "node-name",
            NODE,
            "driver",
            "qcow2",
            "discard",
            "unmap",
            "cache",
            unsafe,
            "file",
            Map.of("driver", "file", "filename", file, "discard", "unmap", "cache", unsafe)));
    qmp.execute("qom-set", Map.of("path", device, "property", "drive", "value", NODE));
  }
}
