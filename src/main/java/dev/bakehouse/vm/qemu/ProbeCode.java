package dev.bakehouse.vm.qemu;

/// The machine code of the probe guests.
final class ProbeCode {
  /// A boot sector for address 0x7c00: three timer interrupts, then page tables at 0x1000 to 0x3fff
  /// for the first 2 MiB, long mode, `cpuid`, `rdtsc`, and 0x10 to port 0xf4, which makes the
  /// device `isa-debug-exit` end QEMU with status 33.
  static final String X86_64 =
      """
      fa31c08ed88ec08ed0bc0070fbb90300f4e2fdfabf00106631c0b9000cfc
      66f3abc70600100320c70600200330c7060030830066b8001000000f22d8
      0f20e06683c8200f22e066b9800000c00f32660d000100000f300f011688
      7c0f20c0660d010000800f22c0ea6c7c08000fa20f31b010e6f4f4ebfd90
      000000000000000000000000009a20000f00787c00000000
      """;

  /// `mov w0, #0x0008; movk w0, #0x8400, lsl #16; hvc #0; b .`: PSCI SYSTEM_OFF ends QEMU with
  /// status 0.
  static final String AARCH64 = "00018052 0080b072 020000d4 00000014";

  private ProbeCode() {}
}
