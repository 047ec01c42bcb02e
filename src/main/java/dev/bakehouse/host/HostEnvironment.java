package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The environment of an agent and of this host's own part of its jobs: what programs need to run,
/// no secret, and nothing a job could choose.
final class HostEnvironment {
  private static final Set<String> NAMES =
      Set.of("PATH", "HOME", "USER", "LANG", "LC_ALL", "TART_HOME");

  private HostEnvironment() {}

  /// A command with this environment and none of this process's own.
  static Command of(Command command, HostSettings host, Path temporary) {
    Command bare = command;
    for (String name : System.getenv().keySet()) {
      bare = bare.env(name, null);
    }
    for (Map.Entry<String, String> variable : of(host, temporary).entrySet()) {
      bare = bare.env(variable.getKey(), variable.getValue());
    }
    return bare;
  }

  /// @param temporary for what an agent writes down of its job, and nobody else
  static Map<String, String> of(HostSettings host, Path temporary) {
    Map<String, String> all = new TreeMap<>(System.getenv());
    all.keySet().removeIf(name -> !NAMES.contains(name) && !name.startsWith("BAKEHOUSE_TART_"));
    all.put("TMPDIR", temporary.toString());
    all.put("BAKEHOUSE_CONFIG", host.file().toAbsolutePath().toString());
    return all;
  }
}
