package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;

/// The processor of a guest: the same as this machine's.
enum GuestArch {
  AMD64("amd64", "linux-image-cloud-amd64", "ttyS0"),
  ARM64("arm64", "linux-image-cloud-arm64", "ttyAMA0");

  private final String debian;
  private final String kernelPackage;
  private final String console;

  GuestArch(String debian, String kernelPackage, String console) {
    this.debian = debian;
    this.kernelPackage = kernelPackage;
    this.console = console;
  }

  static GuestArch here() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> AMD64;
      case "aarch64", "arm64" -> ARM64;
      case String other ->
          throw new UserError(
              "Could not choose a Debian guest for the processor " + other,
              "Use a machine with an amd64 or arm64 processor.");
    };
  }

  /// Debian's name, which is Tart's too.
  String debian() {
    return debian;
  }

  String kernelPackage() {
    return kernelPackage;
  }

  String console() {
    return console;
  }
}
