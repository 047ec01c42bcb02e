package dev.bakehouse.config;

/// `host.standby`: what VMs that wait for jobs may take up.
///
/// @param memoryMb of all of them together, in MiB; 0 for none
public record StandbySettings(int memoryMb) {

  /// @param section which is closed
  public static StandbySettings read(Section section) {
    StandbySettings settings = new StandbySettings(section.number("memory-mb", 0, 0, 1 << 24));
    section.close();
    return settings;
  }

  /// @param host the section `host`
  /// @throws ConfigError when jobs want nothing else and there could be none, or when the memory is
  ///   less than one VM has
  public void insistEnough(VmSettings vm, String image, Section host) {
    int one = vm.size(image).memoryMb();
    boolean wanted = memoryMb > 0 || vm.start().equals("standby");
    if (wanted && memoryMb < one) {
      throw host.error(
          "standby",
          "has `memory-mb: " + memoryMb + "`, less than one VM of this host has: " + one,
          "Give it "
              + one
              + " for each VM that is to wait, or 0 for none (and no `vm.start: standby`).");
    }
  }
}
