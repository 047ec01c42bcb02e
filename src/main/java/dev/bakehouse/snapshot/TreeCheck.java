package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Refuses a listing that is not sorted, or that could write outside the directory it is restored
/// in: whatever is saved or restored goes through here.
///
/// Names are relative and without `.` and `..`, each once; everything lies in a directory that is
/// listed; symbolic links stay inside; a hard link names an earlier path.
final class TreeCheck {
  /// Linux opens paths of less than 4096 bytes, macOS of less than 1024.
  static final int LONGEST = 4095;

  private final Set<String> directories = new HashSet<>();
  private final Set<String> symlinks = new HashSet<>();
  private String last = "";
  private boolean first = true;
  private final NavigableMap<String, String> gaps = new TreeMap<>();
  private @Nullable String gap;

  /// Nodes between the last and the next one are not known.
  void incomplete() {
    gap = last;
    first = false;
  }

  /// Whether no node was seen.
  boolean none() {
    return last.isEmpty() && first;
  }

  /// @return false when it depends on a node that is not known; it must not be made then
  boolean add(Node node) throws Malformed {
    String path = node.path();
    if (gap != null) {
      gaps.put(gap, path);
      gap = null;
    }
    if (path.length() > LONGEST) {
      throw refused(path, "has a longer path than any system opens");
    }
    if (path.isEmpty()) {
      if (!first || !(node instanceof Dir)) {
        throw new Malformed("the top of a tree is no directory");
      }
      directories.add("");
    } else {
      if (path.compareTo(last) <= 0) {
        throw refused(path, "stands twice or out of order");
      }
      syntax(path);
      last = path;
      if (!inDirectory(path)) {
        if (!gaps.isEmpty()) {
          return false;
        }
        throw refused(path, "lies below something that is no directory");
      }
    }
    switch (node) {
      case Dir dir -> directories.add(path);
      case File file -> {
        if (file.size() < 0) {
          throw refused(path, "has a negative size");
        }
      }
      case Symlink link -> {
        stays(path, link.target());
        symlinks.add(path);
      }
      case Hardlink link -> {
        syntax(link.of());
        if (!gaps.isEmpty() && (!inDirectory(link.of()) || inGap(link.of()))) {
          return false;
        }
        boolean there = inDirectory(link.of());
        boolean file = !directories.contains(link.of()) && !symlinks.contains(link.of());
        if (link.of().compareTo(path) >= 0 || !there || !file) {
          throw refused(path, "is a hard link to no earlier file");
        }
      }
    }
    first = false;
    return true;
  }

  private boolean inGap(String path) {
    Map.Entry<String, String> before = gaps.lowerEntry(path);
    return before != null && path.compareTo(before.getValue()) < 0;
  }

  private boolean inDirectory(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 || directories.contains(path.substring(0, slash));
  }

  /// The parent of everything without a slash is the top, whether or not it is listed.
  private static void syntax(String path) throws Malformed {
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.charAt(i) == '/') {
        int length = i - start;
        boolean dots =
            (length == 1 && path.charAt(start) == '.')
                || (length == 2 && path.charAt(start) == '.' && path.charAt(start + 1) == '.');
        if (length == 0 || dots) {
          throw refused(path, "is not below the top");
        }
        start = i + 1;
      } else if (path.charAt(i) == '\0' || path.charAt(i) > 255) {
        throw refused(path, "has a character that no path has");
      }
    }
  }

  /// A target may go up first, never after it went down: then it means the same whatever other
  /// links do, and its depth tells whether it stays inside.
  private static void stays(String path, String target) throws Malformed {
    long depth = path.chars().filter(c -> c == '/').count();
    boolean down = false;
    for (String segment : target.split("/", -1)) {
      if (segment.equals("..")) {
        depth--;
        if (down || depth < 0) {
          throw leaves(path, target);
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        down = true;
      }
    }
    if (target.isEmpty()
        || target.length() > LONGEST
        || target.startsWith("/")
        || target.indexOf('\0') >= 0) {
      throw leaves(path, target);
    }
  }

  private static Malformed leaves(String path, String target) {
    return refused(
        path, "is a symbolic link to `" + Posix.shown(target) + "`, which may leave the tree");
  }

  private static Malformed refused(String path, String why) {
    return new Malformed("`" + Posix.shown(path) + "` " + why);
  }
}
