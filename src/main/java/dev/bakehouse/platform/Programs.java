package dev.bakehouse.platform;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// Programs of this machine: on PATH, and in the usual directories that an ordinary user's PATH
/// lacks.
public final class Programs {
  private static final String USUAL =
      ":/usr/local/bin:/opt/homebrew/bin:/usr/sbin:/sbin:/usr/local/go/bin";

  private Programs() {}

  public static Optional<Path> find(String program) {
    String path = System.getenv().getOrDefault("PATH", "") + USUAL;
    return Stream.of(path.split(":"))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /// For an argument list; a program that is missing is told when it is started.
  public static String path(String program) {
    return find(program).map(Path::toString).orElse(program);
  }
}
