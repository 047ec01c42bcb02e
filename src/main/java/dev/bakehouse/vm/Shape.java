package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;

/// The resources of a VM.
///
/// @param memoryMb in MiB
/// @param diskGb least size of the root disk in GiB; an image that is larger keeps its size
public record Shape(int cpus, int memoryMb, int diskGb) {
  public Shape {
    if (cpus < 1 || memoryMb < 16 || diskGb < 0) {
      throw new UserError(
          "A VM with "
              + cpus
              + " CPUs, "
              + memoryMb
              + " MB memory, "
              + diskGb
              + " GB disk is too small",
          "Ask for at least 1 CPU, 16 MB memory and 0 GB disk (the image's own size).");
    }
  }
}
