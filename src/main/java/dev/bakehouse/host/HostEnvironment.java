package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The environment of an agent and of this host's own part of its jobs: what programs need to run,
/// no secret, and nothing a job could choose.
final class HostEnvironment {
  private static final Set<String> NAMES =
      Set.of("PATH", "HOME", "USER", "LANG", "LC_ALL", "TART_HOME");

  private HostEnvironment() {}

  /// A warning of S3 credentials in an environment, which reach no job: bootstrap.pl hands the
  /// host's variables on as arguments, which every user of the host can read.
  static Optional<String> unheard(HostSettings host, Map<String, String> environment) {
    List<String> names =
        environment.keySet().stream().filter(name -> name.startsWith("AWS_")).sorted().toList();
    return names.isEmpty() || !host.s3WithoutFile()
        ? Optional.empty()
        : Optional.of(
            String.join(", ", names)
                + " do not reach the host's part of jobs; name a file with credentials in"
                + " cache.s3.credentials-file, and the region in cache.store");
  }

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
