package dev.bakehouse.job;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.VmSize;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Shape;
import java.util.Map;
import java.util.Optional;

/// The VM a job gets: as large as the host says for its image, or as its step asks within the
/// host's limit, and in the network its coordinator needs.
final class JobShape {
  private static final String CPUS = "BAKEHOUSE_VM_CPUS";
  private static final String MEMORY = "BAKEHOUSE_VM_MEMORY_MB";
  private static final String DISK = "BAKEHOUSE_VM_DISK_GB";

  private JobShape() {}

  /// @param env of the step: [#CPUS], [#MEMORY], [#DISK]
  /// @param endpoint of the agent API the job reports to; nothing when it reports to nobody
  /// @throws StepError when the step asks for what can not be
  /// @throws UserError when the guest could not report
  static Shape of(HostSettings host, Map<String, String> env, Optional<String> endpoint) {
    VmSize usual = host.vm().size(host.image());
    VmSize most = host.vm().limit();
    return new Shape(
        asked(host, env, CPUS, usual.cpus(), VmSize.LEAST_CPUS, most.cpus()),
        asked(host, env, MEMORY, usual.memoryMb(), VmSize.LEAST_MEMORY_MB, most.memoryMb()),
        asked(host, env, DISK, usual.diskGb(), VmSize.LEAST_DISK_GB, most.diskGb()),
        network(host, endpoint));
  }

  private static int asked(
      HostSettings host, Map<String, String> env, String name, int usual, int least, int most) {
    String text = env.getOrDefault(name, "");
    if (text.isEmpty()) {
      return usual;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, with the bounds.
    }
    throw new StepError(
        "The step asks for a VM with `"
            + name
            + "="
            + text
            + "`, which is not a whole number from "
            + least
            + " to "
            + most
            + ", this host's limit",
        "Correct the step's `env`, or raise `vm.limit` in " + host.file() + ".");
  }

  private static Network network(HostSettings host, Optional<String> endpoint) {
    VmSettings vm = host.vm();
    Optional<String> far = endpoint.filter(address -> !Loopback.has(address));
    if (vm.network().equals("isolated") && far.isPresent()) {
      throw new UserError(
          "The coordinator "
              + far.get()
              + " is not on this host's loopback, and `vm.network: isolated` in "
              + host.file()
              + " leaves the job's VM no way to it",
          "Set `vm.network: outbound` there, or leave it out.");
    }
    boolean outbound = vm.network().equals("outbound") || far.isPresent();
    return new Network(outbound, vm.subnet());
  }
}
