package dev.bakehouse.fleet;

import dev.bakehouse.fleet.Inventory.Member;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// One host by the system's OpenSSH: the user's keys, agent and known hosts hold, and nothing is
/// ever asked on the terminal.
final class Remote {
  /// What ssh itself ends with, for example when there is no connection.
  static final int SSH = 255;

  private final Inventory inventory;
  private final Member host;

  /// What came of a command.
  ///
  /// @param reached whether it ran at all
  /// @param trouble why not, or what it complained of; empty when it ended with 0
  record Answer(boolean reached, int status, String out, String trouble) {
    boolean ok() {
      return reached && status == 0;
    }
  }

  Remote(Inventory inventory, Member host) {
    this.inventory = inventory;
    this.host = host;
  }

  /// `bakehouse VERB…` with the host's configuration.
  Answer bakehouse(Duration limit, String... verb) {
    List<String> words = new ArrayList<>(List.of(host.program()));
    words.addAll(List.of(verb));
    words.addAll(List.of("--config", host.config()));
    return run(words, new byte[0], limit);
  }

  /// A command there, each word as it stands.
  Answer run(List<String> words, byte[] input, Duration limit) {
    Command command =
        Command.of(argv(Self.shellWords(words)))
            .input(input)
            .deadline(limit.plus(inventory.connect()));
    return answer(command);
  }

  private static Answer answer(Command command) {
    try {
      Outcome outcome = command.run();
      boolean reached = outcome.status() != SSH;
      String complaint = new String(outcome.err(), StandardCharsets.UTF_8).strip();
      String trouble =
          outcome.ok() ? "" : complaint.isEmpty() ? "status " + outcome.status() : complaint;
      String text = new String(outcome.out(), StandardCharsets.UTF_8);
      return new Answer(reached, outcome.status(), text, trouble);
    } catch (UserError e) {
      String why = String.valueOf(e.getMessage());
      return new Answer(false, SSH, "", why.replaceFirst("(?s)^.* (did not end)", "$1"));
    }
  }

  private List<String> argv(String line) {
    List<String> argv = new ArrayList<>(List.of("ssh", "-T"));
    inventory.sshConfig().ifPresent(file -> argv.addAll(List.of("-F", file.toString())));
    argv.addAll(
        List.of(
            "-o", "BatchMode=yes",
            "-o", "ConnectTimeout=" + inventory.connect().toSeconds(),
            "-o", "ServerAliveInterval=15",
            "-o", "ServerAliveCountMax=4"));
    argv.addAll(List.of("--", host.ssh(), line));
    return argv;
  }
}
