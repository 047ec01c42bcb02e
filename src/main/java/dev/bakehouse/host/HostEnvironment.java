package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
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

  /// Refuses files of secrets that others may use: S3 credentials, as each job with caches would,
  /// and tokens. A token that is not there is told by whoever needs it.
  static void insistPrivate(HostSettings host) {
    insistPrivate(
        "credentials file",
        host.s3Credentials(),
        "Name a file you can read in cache.s3.credentials-file, written as ~/.aws/credentials.");
    insistPrivate(
        "agent token",
        host.agent().tokenFile().filter(Files::exists),
        "Name a file you can read in agent.token-file.");
    insistPrivate(
        "API token",
        host.apiTokenFile().filter(Files::exists),
        "Name a file you can read in api.token-file.");
  }

  private static void insistPrivate(String what, Optional<Path> secret, String remedy) {
    if (secret.isEmpty()) {
      return;
    }
    Path file = secret.get();
    try {
      Directories.insistPrivate("The " + what, file);
    } catch (IOException e) {
      throw new UserError(
          "Could not look at the " + what + " " + file + ": " + Reason.of(e), remedy, e);
    }
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
