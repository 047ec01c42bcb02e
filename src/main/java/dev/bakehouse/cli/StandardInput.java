package dev.bakehouse.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Files that come by standard input.
final class StandardInput {
  private StandardInput() {}

  /// Reads it to its end; a person at a terminal is told so.
  ///
  /// @param what is read: `the pipeline`
  static String text(String what) throws IOException {
    if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()) {
      System.err.println("reading " + what + " from standard input");
    }
    return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
  }
}
