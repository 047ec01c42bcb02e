package dev.bakehouse.guest;

import dev.bakehouse.platform.ProgramFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command that lists a directory for a [Manifest]: GNU `find`, or on macOS a perl program with
/// BSD's `stat`.
final class Listing {
  private static final List<String> MACOS_TIMES = List.of("stat", "-f", "%Fm");

  private Listing() {}

  /// @param without paths relative to the directory that count as not being there
  static List<String> of(GuestSystem system, Path... without) {
    return switch (system) {
      case LINUX -> find(without);
      case DARWIN -> perl(MACOS_TIMES, without);
    };
  }

  private static List<String> find(Path... without) {
    List<String> argv = new ArrayList<>(List.of("find", "."));
    for (Path path : without) {
      String pattern = path.toString().replaceAll("[\\\\*?\\[]", "\\\\$0");
      argv.addAll(List.of("-path", "./" + pattern, "-prune", "-o"));
    }
    argv.addAll(List.of("-printf", Manifest.FORMAT));
    return argv;
  }

  /// @param times the command that prints the files' times of change, seconds with nine decimals
  static List<String> perl(List<String> times, Path... without) {
    String program = ProgramFiles.text(Listing.class, "list.pl");
    List<String> argv = new ArrayList<>(List.of("perl", "-e", program));
    argv.addAll(times);
    argv.add("--");
    for (Path path : without) {
      argv.add(path.toString());
    }
    return argv;
  }
}
