package dev.bakehouse.cli;

import dev.bakehouse.vm.Shape;
import picocli.CommandLine.Option;

/// The size of a new VM.
final class VmShape {
  @Option(
      names = "--cpus",
      paramLabel = "N",
      defaultValue = "4",
      description = "CPUs (default: ${DEFAULT-VALUE}).")
  private int cpus = 4;

  @Option(
      names = "--memory-mb",
      paramLabel = "N",
      defaultValue = "8192",
      description = "Memory in MB (default: ${DEFAULT-VALUE}).")
  private int memory = 8192;

  @Option(
      names = "--disk-gb",
      paramLabel = "N",
      defaultValue = "50",
      description = "Least size of the root disk in GB (default: ${DEFAULT-VALUE}).")
  private int disk = 50;

  Shape shape() {
    return new Shape(cpus, memory, disk);
  }
}
