package dev.bakehouse.image;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// `config.json` of a Debian image: Tart's keys, and `boot` for hypervisors that start a kernel
/// directly; its paths are inside the disk's ext4.
final class DebianConfig {
  private static final long MIB = 1L << 20;

  private DebianConfig() {}

  static String json(GuestArch arch) {
    Map<String, Object> boot = new LinkedHashMap<>();
    boot.put("kernel", "/boot/vmlinuz");
    boot.put("initrd", "/boot/initrd.img");
    boot.put("append", append(arch));
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("version", 1);
    config.put("os", "linux");
    config.put("arch", arch.debian());
    config.put("cpuCount", 4);
    config.put("cpuCountMin", 1);
    config.put("memorySize", 8192 * MIB);
    config.put("memorySizeMin", 512 * MIB);
    config.put("macAddress", "52:54:00:12:34:56");
    config.put("display", Map.of("width", 1024, "height", 768));
    config.put("diskFormat", "raw");
    config.put("boot", boot);
    return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(config)
        + "\n";
  }

  private static String append(GuestArch arch) {
    return String.join(
        " ",
        "root=/dev/vda rw rootflags=noatime console=" + arch.console(),
        "quiet net.ifnames=0 mitigations=off audit=0 nowatchdog rcupdate.rcu_expedited=1",
        "random.trust_cpu=on systemd.getty_auto=0 systemd.show_status=0",
        "systemd.gpt_auto=0 fsck.mode=skip");
  }
}
