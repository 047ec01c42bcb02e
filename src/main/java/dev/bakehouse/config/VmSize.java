package dev.bakehouse.config;

/// Size of a VM.
///
/// @param cpus virtual CPUs
/// @param memoryMb MiB
/// @param diskGb root disk, GiB
public record VmSize(int cpus, int memoryMb, int diskGb) {
  public static final int LEAST_CPUS = 1;
  public static final int LEAST_MEMORY_MB = 256;
  public static final int LEAST_DISK_GB = 1;

  /// Reads `cpus`, `memory-mb` and `disk-gb`; what is not there is as in `fallback`.
  static VmSize read(Section section, VmSize fallback) {
    return new VmSize(
        section.number("cpus", fallback.cpus, LEAST_CPUS, 128),
        section.number("memory-mb", fallback.memoryMb, LEAST_MEMORY_MB, 1 << 20),
        section.number("disk-gb", fallback.diskGb, LEAST_DISK_GB, 1 << 14));
  }

  /// Whether the other is larger in no respect.
  boolean holds(VmSize other) {
    return cpus >= other.cpus && memoryMb >= other.memoryMb && diskGb >= other.diskGb;
  }

  /// As [#equals], which a record's first caller waits for: it is made from parts then.
  public boolean is(VmSize other) {
    return holds(other) && other.holds(this);
  }

  /// The larger of the two in each respect.
  VmSize max(VmSize other) {
    return new VmSize(
        Math.max(cpus, other.cpus),
        Math.max(memoryMb, other.memoryMb),
        Math.max(diskGb, other.diskGb));
  }
}
