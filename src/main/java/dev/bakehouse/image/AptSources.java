package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// This machine's own apt sources, as far as they are Debian's.
final class AptSources {
  private static final Path LIST = Path.of("/etc/apt/sources.list");
  private static final Path PARTS = Path.of("/etc/apt/sources.list.d");

  private AptSources() {}

  /// Copies of the entries that name the suite, its updates or its security fixes.
  ///
  /// @param scratch where the copies go
  static List<Path> ofThisMachine(String suite, Path scratch) throws IOException {
    List<Path> found = new ArrayList<>();
    List<Path> candidates = new ArrayList<>();
    if (Files.isRegularFile(LIST)) {
      candidates.add(LIST);
    }
    if (Files.isDirectory(PARTS)) {
      try (Stream<Path> parts = Files.list(PARTS)) {
        candidates.addAll(parts.sorted().toList());
      }
    }
    for (Path file : candidates) {
      String name = file.getFileName().toString();
      String kept =
          name.endsWith(".sources")
              ? stanzas(Files.readString(file), suite)
              : name.endsWith(".list") ? lines(Files.readString(file), suite) : "";
      if (!kept.isBlank()) {
        Path copy = scratch.resolve("apt-" + found.size() + "-" + name);
        found.add(Files.writeString(copy, kept));
      }
    }
    if (found.isEmpty()) {
      throw new UserError(
          "Could not find where to get Debian " + suite + ": /etc/apt names no source of it",
          "Add a `deb … " + suite + " main` line to /etc/apt/sources.list.");
    }
    return found;
  }

  /// Stanzas in deb822 form whose suites are all the wanted release's.
  static String stanzas(String text, String suite) {
    StringBuilder kept = new StringBuilder();
    for (String stanza : text.split("\n[ \t]*\n")) {
      List<String> suites =
          stanza.lines().filter(l -> l.startsWith("Suites:")).map(l -> l.substring(7)).toList();
      if (!suites.isEmpty()
          && Stream.of(suites.getFirst().strip().split("\\s+")).allMatch(s -> isOf(s, suite))) {
        kept.append(stanza.strip()).append("\n\n");
      }
    }
    return kept.toString();
  }

  /// One-line entries of binary packages for the wanted release.
  static String lines(String text, String suite) {
    StringBuilder kept = new StringBuilder();
    text.lines()
        .map(String::strip)
        .filter(line -> line.startsWith("deb "))
        .filter(line -> isOfLine(line, suite))
        .forEach(line -> kept.append(line).append('\n'));
    return kept.toString();
  }

  private static boolean isOfLine(String line, String suite) {
    String[] words = line.replaceAll("\\[[^]]*\\]", "").split("\\s+");
    return words.length > 2 && isOf(words[2], suite);
  }

  private static boolean isOf(String word, String suite) {
    return word.equals(suite)
        || word.equals(suite + "-updates")
        || word.equals(suite + "-security")
        || word.equals(suite + "/updates");
  }
}
