package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.UserError;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// What differs between processor architectures: the emulator's name, QEMU's machine type, the CPU
/// model without hardware help, and a guest that ends the emulator with [#payloadStatus] once it
/// has run (on x86: has taken timer interrupts and entered long mode with paging).
enum Arch {
  X86_64("qemu-system-x86_64", "pc", "Nehalem", ProbeCode.X86_64, 33),
  AARCH64("qemu-system-aarch64", "virt", "cortex-a72", ProbeCode.AARCH64, 0);

  final String binary;
  final String machine;
  final String emulated;
  final int payloadStatus;
  private final String payload;

  Arch(String binary, String machine, String emulated, String payload, int payloadStatus) {
    this.binary = binary;
    this.machine = machine;
    this.emulated = emulated;
    this.payload = payload;
    this.payloadStatus = payloadStatus;
  }

  static Arch host() {
    String name = System.getProperty("os.arch");
    return switch (name) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> AARCH64;
      default ->
          throw new UserError(
              "VMs on a " + name + " host are not supported", "Use an x86-64 or ARM64 host.");
    };
  }

  String cpu(String accel) {
    return accel.equals("tcg") ? emulated : "host";
  }

  byte[] payload() {
    byte[] code = HexFormat.of().parseHex(payload.replaceAll("\\s", ""));
    if (this == AARCH64) {
      return code;
    }
    byte[] sector = Arrays.copyOf(code, 512);
    sector[510] = 0x55;
    sector[511] = (byte) 0xaa;
    return sector;
  }

  /// The arguments that start [#payload] from a file.
  List<String> payloadArguments(String file) {
    return switch (this) {
      case X86_64 ->
          List.of(
              "-device",
              "isa-debug-exit,iobase=0xf4,iosize=4",
              "-drive",
              "file=" + Options.value(file) + ",format=raw,if=ide");
      case AARCH64 -> List.of("-kernel", file);
    };
  }
}
