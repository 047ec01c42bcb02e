package dev.bakehouse.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Argument lists for the system's OpenSSH client: nothing of the user's or the system's
/// configuration, agent or known hosts takes part.
final class SshOptions {
  private static final String ALIAS = "bakehouse-guest";

  /// Their values are quoted, so that they may hold spaces.
  private static final Set<String> PATHS =
      Set.of("ControlPath", "IdentityFile", "UserKnownHostsFile");

  /// What the client prints once it has logged in and others can share its connection.
  static final String READY = "bakehouse-connected";

  private SshOptions() {}

  /// The connection all others share, by key and pinned host key.
  static List<String> master(
      SshTarget target, Path known, Path socket, List<Forward> forwards, Duration connect) {
    Map<String, String> options = shared(target, known, socket, connect);
    options.put("BatchMode", "yes");
    options.put("PreferredAuthentications", "publickey");
    options.put("IdentityFile", target.key().toString());
    options.put("StrictHostKeyChecking", "yes");
    return master(target, options, forwards);
  }

  /// The same for a guest that knows no key yet: by password, any host key.
  static List<String> firstContact(SshTarget target, Path known, Path socket, Duration connect) {
    Map<String, String> options = shared(target, known, socket, connect);
    options.put("PubkeyAuthentication", "no");
    options.put("PreferredAuthentications", "password,keyboard-interactive");
    options.put("NumberOfPasswordPrompts", "1");
    options.put("StrictHostKeyChecking", "accept-new");
    return master(target, options, List.of());
  }

  private static Map<String, String> shared(
      SshTarget target, Path known, Path socket, Duration connect) {
    Map<String, String> options = common(target, socket);
    options.put("ControlMaster", "yes");
    options.put("ControlPersist", "no");
    options.put("UserKnownHostsFile", known.toString());
    options.put("ConnectTimeout", Long.toString(Math.max(1, connect.toSeconds())));
    options.put("ServerAliveInterval", "10");
    options.put("ServerAliveCountMax", "6");
    options.put("ExitOnForwardFailure", "yes");
    options.put("PermitLocalCommand", "yes");
    options.put("LocalCommand", "echo " + READY);
    return options;
  }

  private static List<String> master(
      SshTarget target, Map<String, String> options, List<Forward> forwards) {
    List<String> argv = argv(options);
    argv.add("-N");
    argv.add("-T");
    for (Forward forward : forwards) {
      argv.add("-R");
      argv.add(forward.argument());
    }
    return at(argv, target);
  }

  /// A session over the shared connection; it never connects by itself.
  static List<String> session(SshTarget target, Path socket, String... command) {
    Map<String, String> options = common(target, socket);
    options.put("ControlMaster", "no");
    options.put("BatchMode", "yes");
    options.put("ProxyCommand", "false");
    options.put("RequestTTY", "no");
    List<String> argv = at(argv(options), target);
    argv.addAll(List.of(command));
    return argv;
  }

  /// A connection of a person, shared with nobody.
  static List<String> terminal(SshTarget target, Path known, List<String> command) {
    Map<String, String> options = common(target, Path.of("none"));
    options.put("UserKnownHostsFile", known.toString());
    options.put("PreferredAuthentications", "publickey");
    options.put("IdentityFile", target.key().toAbsolutePath().toString());
    options.put("StrictHostKeyChecking", "yes");
    List<String> argv = at(argv(options), target);
    argv.addAll(command);
    return argv;
  }

  /// Asks the shared connection something: `check`, `exit`.
  static List<String> ask(SshTarget target, Path socket, String question) {
    List<String> argv = argv(common(target, socket));
    argv.add("-O");
    argv.add(question);
    return at(argv, target);
  }

  /// Adds forwards to the shared connection.
  static List<String> forward(SshTarget target, Path socket, List<Forward> forwards) {
    List<String> argv = argv(common(target, socket));
    argv.addAll(List.of("-O", "forward"));
    for (Forward forward : forwards) {
      argv.addAll(List.of("-R", forward.argument()));
    }
    return at(argv, target);
  }

  /// One `known_hosts` line.
  static String known(String hostKey) {
    return ALIAS + " " + hostKey + "\n";
  }

  static Map<String, String> common(SshTarget target, Path socket) {
    Map<String, String> options = new TreeMap<>();
    options.put("ControlPath", socket.toString().replace("%", "%%"));
    options.put("HostKeyAlias", ALIAS);
    options.put("GlobalKnownHostsFile", "/dev/null");
    options.put("UpdateHostKeys", "no");
    options.put("CheckHostIP", "no");
    options.put("IdentitiesOnly", "yes");
    options.put("IdentityAgent", "none");
    options.put("ForwardAgent", "no");
    options.put("ForwardX11", "no");
    options.put("Compression", "no");
    options.put("CanonicalizeHostname", "no");
    options.put("LogLevel", "ERROR");
    options.put("Port", Integer.toString(target.port()));
    return options;
  }

  static List<String> argv(Map<String, String> options) {
    List<String> argv = new ArrayList<>(List.of("ssh", "-F", "none"));
    options.forEach(
        (name, value) -> {
          argv.add("-o");
          argv.add(name + "=" + (PATHS.contains(name) ? "\"" + value + "\"" : value));
        });
    return argv;
  }

  private static List<String> at(List<String> argv, SshTarget target) {
    argv.add("-l");
    argv.add(target.user());
    argv.add(target.host());
    return argv;
  }
}
