package dev.bakehouse.vm;

import dev.bakehouse.config.Subnet;
import dev.bakehouse.config.VmSettings;
import java.util.Optional;

/// A guest's network. The host reaches its port 22 by loopback, whatever else is allowed.
///
/// @param outbound whether the guest may open connections of its own: to all that the host reaches,
///   its loopback among it
/// @param subnet the /24 the guest lives in
public record Network(boolean outbound, Subnet subnet) {
  /// No way out.
  public static final Network ISOLATED = new Network(false, VmSettings.SUBNET);

  private static final int GATEWAY = 2;
  private static final int RESOLVER = 3;
  private static final int GUEST = 15;

  /// That of VMs which report to nobody: a way out only where the settings ask for it.
  public static Network of(VmSettings vm) {
    return new Network(vm.network().equals("outbound"), vm.subnet());
  }

  public String gateway() {
    return subnet.host(GATEWAY);
  }

  /// Asks the host's own resolver.
  public String resolver() {
    return subnet.host(RESOLVER);
  }

  /// What a guest must be told of it; nothing when it reaches nobody, or its hypervisor tells it.
  public Optional<String> resolver(Hypervisor hypervisor) {
    return outbound && hypervisor.name().equals("qemu")
        ? Optional.of(resolver())
        : Optional.empty();
  }

  public String guest() {
    return subnet.host(GUEST);
  }

  /// What tells a guest on its kernel's command line that its network is not the usual one.
  public Optional<String> kernelWord() {
    String address = guest();
    return subnet.equals(VmSettings.SUBNET)
        ? Optional.empty()
        : Optional.of("bakehouse.net=" + address.substring(0, address.lastIndexOf('.')));
  }
}
