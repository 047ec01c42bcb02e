package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;

/// The resources of a VM, and its network.
///
/// @param memoryMb in MiB
/// @param diskGb least size of the root disk in GiB; an image that is larger keeps its size
/// @param network isolated when a file of an earlier version does not name it
public record Shape(int cpus, int memoryMb, int diskGb, Network network) {
  @SuppressWarnings("NullAway") // A file may leave the network out.
  public Shape {
    network = network == null ? Network.ISOLATED : network;
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

  /// An isolated one.
  public Shape(int cpus, int memoryMb, int diskGb) {
    this(cpus, memoryMb, diskGb, Network.ISOLATED);
  }
}
