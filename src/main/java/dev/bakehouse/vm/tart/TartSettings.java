package dev.bakehouse.vm.tart;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// What the driver must know of this host.
///
/// @param home where Tart keeps its VMs: `TART_HOME`, else `~/.tart`
/// @param sshPort where sshd of a guest listens: 22. `BAKEHOUSE_TART_SSH_PORT` overrides it where
///   guests' ports are forwarded from elsewhere
/// @param boot until the guest agent answers
record TartSettings(String searchPath, Path home, int sshPort, Duration boot) {
  static TartSettings of(Map<String, String> environment, Duration boot) {
    Path home =
        Optional.ofNullable(environment.get("TART_HOME"))
            .filter(h -> !h.isEmpty())
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".tart"));
    String port = environment.getOrDefault("BAKEHOUSE_TART_SSH_PORT", "22");
    return new TartSettings(
        environment.getOrDefault("PATH", ""), home, Integer.parseInt(port), boot);
  }

  /// One directory a VM: `config.json`, `disk.img`, `nvram.bin`.
  Path vms() {
    return home.resolve("vms");
  }
}
