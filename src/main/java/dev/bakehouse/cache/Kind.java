package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.HostTarget;
import dev.bakehouse.snapshot.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// One cache directory that lives on between builds.
///
/// @param name what users, stores and reports call it
/// @param path where it lies below `CACHE_PATH`; a configured directory may be absolute
/// @param contents what is known about the files inside
public record Kind(String name, String path, Contents contents) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,40}");
  private static final Pattern CCACHE_BOOKKEEPING =
      Pattern.compile("(.*/)?(stats|CACHEDIR\\.TAG|ccache\\.conf|.*\\.lock)");
  private static final Pattern CCACHE_TOP =
      Pattern.compile(
          "[0-9a-f]|tmp|lock|stats|CACHEDIR\\.TAG|ccache\\.conf|inode-cache-.*|.*\\.(lock|alive)");
  private static final Pattern ZIG_TOP = Pattern.compile("[a-z]|tmp");
  private static final Pattern BUN_TOP = Pattern.compile(".*@.*|.*\\.npm");

  public static final Kind CCACHE = new Kind("ccache", "ccache", Contents.CCACHE);
  public static final Kind ZIG_LOCAL = new Kind("zig-local", "zig/local", Contents.ZIG);
  public static final Kind ZIG_GLOBAL = new Kind("zig-global", "zig/global", Contents.ZIG);
  public static final Kind BUN = new Kind("bun", "bun", Contents.BUN);
  public static final List<Kind> BUILT_IN = List.of(CCACHE, ZIG_LOCAL, ZIG_GLOBAL, BUN);

  public Kind {
    if (!NAME.matcher(name).matches()) {
      throw new UserError(
          "The cache kind `" + name + "` has a name that can not be used",
          "Use up to 41 lower-case letters, digits and `-`, a letter or digit first.");
    }
    if (path.isBlank() || !isInside(Path.of(path).normalize())) {
      throw new UserError(
          "The cache kind `" + name + "` has the path `" + path + "`, not below CACHE_PATH",
          "Write a path below CACHE_PATH, or an absolute one.");
    }
  }

  /// Neither outside nor all of `CACHE_PATH` or of the machine.
  private static boolean isInside(Path path) {
    return !path.startsWith("..") && !path.toString().isEmpty() && path.getFileName() != null;
  }

  /// What may be left out of a directory, and in which order its parts are written.
  public enum Contents {
    /// No `tmp/` contents, `inode-cache-*`, locks, `ccache.conf`.
    CCACHE,
    /// No `tmp/` contents; `h/` after `o/`: a manifest whose object is missing breaks the build.
    ZIG,
    /// No absolute symbolic links: Bun's index by version points at wherever the cache was.
    BUN,
    /// Everything.
    PLAIN
  }

  /// A directory that the configuration names.
  public static Kind directory(String name, String path) {
    if (BUILT_IN.stream().anyMatch(k -> k.name.equals(name))) {
      throw new UserError(
          "The cache directory `" + name + "` has the name of a built-in kind", "Rename it.");
    }
    return new Kind(name, path, Contents.PLAIN);
  }

  /// A kind by its name.
  ///
  /// @param directories the configured ones, name to path
  /// @throws UserError listing the known names
  public static Kind named(String name, Map<String, String> directories) {
    for (Kind kind : BUILT_IN) {
      if (kind.name.equals(name)) {
        return kind;
      }
    }
    String path = directories.get(name);
    if (path != null) {
      return directory(name, path);
    }
    List<String> known = new ArrayList<>(BUILT_IN.stream().map(Kind::name).toList());
    known.addAll(directories.keySet());
    throw new UserError(
        "The cache kind `" + name + "` is not known", "Use " + String.join(", ", known) + ".");
  }

  /// Where the kind lies for a `CACHE_PATH`.
  public Path under(Path cachePath) {
    return cachePath.resolve(path);
  }

  /// Whether a file is worth an archive: a cache of nothing but bookkeeping counts as empty.
  ///
  /// @param file its path inside the cache, without `./`
  public boolean worthSaving(String file) {
    return switch (contents) {
      case CCACHE -> !CCACHE_BOOKKEEPING.matcher(file).matches() && !file.startsWith("tmp/");
      case ZIG -> !file.startsWith("tmp/");
      case BUN, PLAIN -> true;
    };
  }

  /// Whether a path, with all below it, is not saved.
  boolean leavesOut(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    return switch (contents) {
      case CCACHE ->
          file.startsWith("tmp/")
              || name.startsWith("inode-cache-")
              || name.endsWith(".lock")
              || name.endsWith(".alive")
              || file.equals("ccache.conf");
      case ZIG -> file.startsWith("tmp/");
      case BUN, PLAIN -> false;
    };
  }

  /// Whether a symbolic link is not saved.
  boolean leavesOut(Node.Symlink link) {
    return contents == Contents.BUN && link.target().startsWith("/");
  }

  /// How it is restored.
  HostTarget.Rules rules() {
    boolean zig = contents == Contents.ZIG;
    return new HostTarget.Rules(p -> zig && p.startsWith("h/"), kept()::contains, zig);
  }

  /// Whether some files of one cache can be added to another: no file depends on others. Zig's do,
  /// on some that nothing names.
  public boolean additive() {
    return contents == Contents.CCACHE;
  }

  /// Those of a directory's names that nothing tells to be of this kind. Of a configured directory
  /// nobody knows what belongs there.
  List<String> strange(List<String> names) {
    return names.stream().filter(name -> !usual(name, names)).toList();
  }

  private boolean usual(String name, List<String> names) {
    return switch (contents) {
      case CCACHE -> CCACHE_TOP.matcher(name).matches();
      case ZIG -> ZIG_TOP.matcher(name).matches();
      // A package's own directory only lists the versions that lie beside it.
      case BUN ->
          BUN_TOP.matcher(name).matches()
              || names.stream().anyMatch(other -> other.startsWith(name + "@"));
      case PLAIN -> false;
    };
  }

  /// Files a restore leaves as they are in the directory it replaces.
  List<String> kept() {
    return switch (contents) {
      case CCACHE -> List.of("ccache.conf");
      case ZIG, BUN, PLAIN -> List.of();
    };
  }
}
