package dev.bakehouse.cli;

import dev.bakehouse.vm.Shape;
import picocli.CommandLine.Option;

/// The size of a new VM.
final class VmShape {
  @Option(names = "--cpus", defaultValue = "4", description = "CPUs (default: ${DEFAULT-VALUE}).")
  private int cpus = 4;

  @Option(
      names = "--memory",
      paramLabel = "MB",
      defaultValue = "8192",
      description = "Memory in MB (default: ${DEFAULT-VALUE}).")
  private int memory = 8192;

  @Option(
      names = "--disk",
      paramLabel = "GB",
      defaultValue = "50",
      description = "Least size of the root disk in GB (default: ${DEFAULT-VALUE}).")
  private int disk = 50;

  Shape shape() {
    return new Shape(cpus, memory, disk);
  }
}
