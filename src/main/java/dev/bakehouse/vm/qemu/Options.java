package dev.bakehouse.vm.qemu;

/// QEMU's `key=value,key=value` option syntax.
final class Options {
  private Options() {}

  /// A value as QEMU reads it: a comma in it is doubled.
  static String value(String text) {
    return text.replace(",", ",,");
  }
}
