package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Seal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a restore may take the place of: a cache, and nothing else. All that is not the snapshot's
/// goes from the directory, so whatever stands there is looked at before anything is touched.
final class ReplaceGuard {
  private static final int NAMED = 4;

  private ReplaceGuard() {}

  /// @param replace whether unknown content may go; a checkout, `HOME` and the current directory
  ///   never do
  /// @throws UserError when the directory must stay
  static void check(Path directory, Kind kind, boolean replace) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Path real = directory.toRealPath();
    if (!Files.isDirectory(real)) {
      throw new UserError(
          directory + " is no directory", "Name the cache's directory, or remove what is there.");
    }
    for (String inUse : List.of(home(), System.getProperty("user.home"), "")) {
      Path path = Path.of(inUse).toAbsolutePath();
      if (Files.exists(path) && path.toRealPath().startsWith(real)) {
        throw new UserError(
            directory
                + " is not replaced by a cache: "
                + (path.toRealPath().equals(real) ? "it is " : "in it lies ")
                + (inUse.isEmpty() ? "the current directory" : "the home directory"),
            "Name a directory that holds the cache and nothing else.");
      }
    }
    List<String> names = names(real);
    if (names.contains(".git")) {
      throw new UserError(
          directory + " is not replaced by a cache: it holds `.git`, a checkout",
          "Name another directory, or remove this one yourself.");
    }
    List<String> strange = kind.strange(names);
    if (replace || strange.isEmpty() || new Seal(real).exists()) {
      return;
    }
    throw new UserError(
        directory
            + " is not replaced by a cache: it holds "
            + shown(strange)
            + ", which nothing tells to be of a "
            + kind.name()
            + " cache",
        "Name another directory, or remove this one; where all in it may go, `bakehouse cache"
            + " restore --replace` removes it.");
  }

  private static String home() {
    String home = System.getenv("HOME");
    return home == null ? "" : home;
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  private static String shown(List<String> names) {
    String some =
        names.stream().limit(NAMED).map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    return names.size() > NAMED ? some + " and " + (names.size() - NAMED) + " more" : some;
  }
}
