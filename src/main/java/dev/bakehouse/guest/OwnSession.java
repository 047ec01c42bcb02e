package dev.bakehouse.guest;

import dev.bakehouse.platform.Command;
import java.util.ArrayList;
import java.util.List;

/// Starts a program in a session of its own, so that the terminal's signals do not reach it.
final class OwnSession {
  private static final String SCRIPT =
      "use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV or die \"$ARGV[0]: $!\\n\"";

  private OwnSession() {}

  static Process start(List<String> argv) {
    List<String> all = new ArrayList<>(List.of("perl", "-e", SCRIPT));
    all.addAll(argv);
    return Command.of(all).start();
  }
}
