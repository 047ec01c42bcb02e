package dev.bakehouse.fleet;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The `fleet:` section of a `bakehouse.yml`: the hosts, and how they are reached.
///
/// @param file where it was read from
/// @param parallel how many hosts are spoken to at once
/// @param connect how long a connection may take
/// @param answer how long a host may take for `status`, `drain` or `undrain`
/// @param sshConfig file for the system's ssh in place of the user's own
public record Inventory(
    Path file,
    List<Member> hosts,
    int parallel,
    Duration connect,
    Duration answer,
    Optional<Path> sshConfig) {

  /// One host.
  ///
  /// @param ssh what `ssh` connects to: `user@host`, or a `Host` of an ssh configuration
  /// @param program the `bakehouse` there, below the home directory unless absolute
  /// @param config the host's own configuration there
  /// @param restart command that restarts the daemon there; empty: `bakehouse host restart`
  public record Member(
      String name, String ssh, String program, String config, List<String> restart) {
    /// Where upgrades put releases: the directory that the program's own lies in.
    String home() {
      int slash = program.lastIndexOf('/');
      String own = slash < 0 ? "." : program.substring(0, slash);
      int up = own.lastIndexOf('/');
      return up < 0 ? "." : own.substring(0, Math.max(up, 1));
    }
  }

  public static Inventory read(Path file) {
    Section fleet = Yaml.read(file).section("fleet");
    String program = fleet.text("program", "bakehouse/current/bakehouse");
    String config = fleet.text("config", "bakehouse/bakehouse.yml");
    List<String> restart = fleet.texts("restart", List.of());
    List<Member> hosts = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section host : fleet.sections("hosts")) {
      String ssh = host.text("ssh", host.text("name", ""));
      Member member =
          new Member(
              host.text("name", ssh),
              ssh,
              host.text("program", program),
              host.text("config", config),
              host.texts("restart", restart));
      if (!ssh.matches("[A-Za-z0-9_.@:%\\[\\]-]+") || ssh.startsWith("-")) {
        throw host.error(
            "ssh",
            "is nothing ssh connects to: `" + ssh + "`",
            "Write `ssh: user@host`; for a port, the name of a `Host` with a `Port` in"
                + " ~/.ssh/config or the file in `fleet.ssh-config`.");
      }
      if (!names.add(member.name())) {
        throw host.error("name", "stands twice: " + member.name(), "Give each host its own.");
      }
      host.close();
      hosts.add(member);
    }
    Inventory inventory =
        new Inventory(
            file,
            List.copyOf(hosts),
            fleet.number("parallel", 16, 1, 1000),
            Duration.ofSeconds(fleet.number("connect-seconds", 10, 1, 600)),
            Duration.ofSeconds(fleet.number("answer-seconds", 60, 1, 3600)),
            fleet.text("ssh-config").map(Path::of));
    fleet.close();
    return inventory;
  }

  /// The hosts of these names in the inventory's order; all when none is named.
  ///
  /// @throws UserError for a name that no host has, and when there is no host
  public List<Member> select(List<String> names) {
    if (hosts.isEmpty()) {
      throw new UserError(
          "There is no host in " + file,
          "List them: `fleet: {hosts: [{name: mac-1, ssh: ci@10.0.2.11}]}`.");
    }
    for (String name : names) {
      if (hosts.stream().noneMatch(host -> host.name().equals(name))) {
        throw new UserError(
            "There is no host " + name + " in " + file,
            "It has " + String.join(", ", hosts.stream().map(Member::name).toList()) + ".");
      }
    }
    return hosts.stream().filter(h -> names.isEmpty() || names.contains(h.name())).toList();
  }
}
