package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.nio.file.Path;
import java.util.Optional;

/// The git checkout whose image is wanted.
public record Checkout(Path root) {
  /// The checkout a directory lies in; the directory itself when it is in none.
  public static Checkout of(Path directory) {
    return new Checkout(
        new Checkout(directory)
            .git("rev-parse", "--show-toplevel")
            .map(Path::of)
            .orElse(directory));
  }

  public Optional<String> remote() {
    return git("remote", "get-url", "origin");
  }

  /// Standard output of a git command that succeeded and said something.
  Optional<String> git(String... arguments) {
    Outcome outcome = Command.of("git").and(arguments).in(root).run();
    return outcome.ok() && !outcome.text().isEmpty()
        ? Optional.of(outcome.text())
        : Optional.empty();
  }
}
