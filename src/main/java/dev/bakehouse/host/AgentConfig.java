package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;

/// The configuration file of one Buildkite agent. It holds the registration token, so it is the
/// owner's alone and no token stands in an argument list or an environment.
final class AgentConfig {
  /// The first slots of all hosts get jobs before any second one does: two jobs, two hosts.
  private static final int FIRST_SLOT = 100;

  /// A job's wait for its VM is short: code is compiled when it is hot for a while, and there is no
  /// file of counters for other programs to read.
  private static final List<String> QUICK =
      List.of("-XX:CompileThresholdScaling=6", "-XX:-UsePerfData");

  private AgentConfig() {}

  /// Writes `state/agents/SLOT/buildkite-agent.cfg` and the directories it names.
  ///
  /// @param tags `name=value`
  static Path write(HostSettings host, int slot, List<String> tags) {
    Path dir = directory(host, slot);
    Directories.makePrivate(host.state().resolve("agents"));
    Directories.makePrivate(dir);
    Path hooks = Directories.makePrivate(dir.resolve("hooks"));
    Path builds = Directories.makePrivate(dir.resolve("builds"));
    Path plugins = Directories.makePrivate(dir.resolve("plugins"));
    Path file = dir.resolve("buildkite-agent.cfg");
    StringJoiner lines = new StringJoiner("\n", "", "\n");
    lines.add("token=" + quoted(token(host)));
    lines.add("name=" + quoted(name(host, slot)));
    lines.add("endpoint=" + quoted(host.agent().endpoint()));
    lines.add("tags=" + quoted(String.join(",", tags)));
    lines.add("priority=" + (FIRST_SLOT - slot));
    lines.add("bootstrap-script=" + quoted(Self.shellWords(bootstrap(host, slot, dir, tags))));
    lines.add("build-path=" + quoted(builds.toString()));
    lines.add("hooks-path=" + quoted(hooks.toString()));
    lines.add("plugins-path=" + quoted(plugins.toString()));
    lines.add("sockets-path=" + quoted(dir.resolve("sockets").toString()));
    lines.add("cancel-grace-period=" + host.agent().cancelGrace());
    lines.add("no-ssh-keyscan=true");
    lines.add("no-color=true");
    Directories.writeProgram(
        hooks.resolve("pre-bootstrap"), ProgramFiles.bytes(AgentConfig.class, "pre-bootstrap.sh"));
    Directories.writePrivate(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    return file;
  }

  static Path directory(HostSettings host, int slot) {
    return host.state().resolve("agents").resolve(String.valueOf(slot)).toAbsolutePath();
  }

  /// For what the agent writes down of its job.
  static Path temporary(HostSettings host, int slot) {
    return directory(host, slot).resolve("tmp");
  }

  /// The host's part of a job, out of reach of the job's variables: see `bootstrap.pl`.
  private static List<String> bootstrap(HostSettings host, int slot, Path dir, List<String> tags) {
    Path script = dir.resolve("bootstrap.pl");
    Directories.writePrivate(script, ProgramFiles.bytes(AgentConfig.class, "bootstrap.pl"));
    Path temporary = temporary(host, slot);
    StringJoiner list = new StringJoiner("\0");
    list.add(temporary.toString());
    HostEnvironment.of(host, temporary).forEach((name, value) -> list.add(name + "=" + value));
    list.add("BAKEHOUSE_READY_IMAGES=" + AgentTags.images(tags));
    list.add("--");
    (host.cacheStore().startsWith("s3:")
            ? Self.argvWithS3(QUICK, "job", "bootstrap")
            : Self.argv(QUICK, "job", "bootstrap"))
        .forEach(list::add);
    Directories.writePrivate(dir.resolve("bootstrap.list"), RawEnvironment.bytes(list.toString()));
    return List.of(Programs.path("perl"), "-T", script.toString());
  }

  static String name(HostSettings host, int slot) {
    return host.name() + "." + (slot + 1);
  }

  static String token(HostSettings host) {
    Path file =
        host.agent()
            .tokenFile()
            .orElseThrow(
                () ->
                    new UserError(
                        "The host "
                            + host.name()
                            + " has no agent token: `agent.token-file` is not set in "
                            + host.file(),
                        "Write the registration token into a file of mode 600 and name it there."));
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the agent token from " + file + ": " + e.getMessage(),
          "Check the file's path, owner and mode.",
          e);
    }
  }

  private static String quoted(String value) {
    if (value.contains("\n") || value.contains("\"")) {
      throw new UserError(
          "The agent's configuration can not hold the value " + value,
          "Remove quotes and line ends from it.");
    }
    return '"' + value + '"';
  }
}
