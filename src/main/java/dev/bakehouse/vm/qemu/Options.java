package dev.bakehouse.vm.qemu;

import java.nio.file.Path;

/// QEMU's `key=value,key=value` option syntax.
final class Options {
  private Options() {}

  /// A value as QEMU reads it: a comma in it is doubled.
  static String value(String text) {
    return text.replace(",", ",,");
  }

  static String value(Path path) {
    return value(path.toString());
  }
}
