package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a directory holds, as GNU `find` tells it: names are raw bytes, kept as Latin-1 texts.
///
/// @param entries by path relative to the directory; "" is the directory itself
record Manifest(Map<String, Entry> entries) {
  /// For `find . -printf`: NUL after each of type, mode, size, mtime, links, inode, path, link
  /// target.
  static final String FORMAT = "%y\\0%m\\0%s\\0%T@\\0%n\\0%i\\0%P\\0%l\\0";

  private static final int FIELDS = 8;

  /// @param type `f`, `d`, `l`, or another letter of find's `%y`
  /// @param links how many names the inode has
  record Entry(
      String type, String mode, String size, String mtime, int links, String inode, String target) {
    /// Whether a copy that looks like `other` needs no copying.
    boolean same(Entry other) {
      boolean link = type.equals("l");
      boolean file = type.equals("f");
      return type.equals(other.type)
          && mtime.equals(other.mtime)
          && target.equals(other.target)
          && (link || mode.equals(other.mode))
          && (!file || (size.equals(other.size) && links == 1 && other.links == 1));
    }

    boolean directory() {
      return type.equals("d");
    }

    boolean copied() {
      return "fdl".contains(type);
    }
  }

  static Manifest parse(byte[] printed) {
    List<String> fields = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < printed.length; i++) {
      if (printed[i] == 0) {
        fields.add(new String(printed, from, i - from, ISO_8859_1));
        from = i + 1;
      }
    }
    Map<String, Entry> all = new LinkedHashMap<>();
    for (int i = 0; i + FIELDS <= fields.size(); i += FIELDS) {
      all.put(
          fields.get(i + 6),
          new Entry(
              fields.get(i),
              fields.get(i + 1),
              fields.get(i + 2),
              fields.get(i + 3),
              Integer.parseInt(fields.get(i + 4)),
              fields.get(i + 5),
              fields.get(i + 7)));
    }
    return new Manifest(all);
  }

  /// What must be removed from `target` before a copy of this goes over it.
  List<String> toRemove(Manifest target) {
    List<String> gone = new ArrayList<>();
    target.entries.forEach(
        (path, entry) -> {
          Entry mine = entries.get(path);
          boolean keep = mine != null && mine.copied() && mine.type.equals(entry.type);
          if (!keep && !path.isEmpty()) {
            gone.add(path);
          }
        });
    return gone;
  }

  /// What must be copied over `target`: what differs, and then every directory too, since its time
  /// changes when something in it does. Empty when nothing differs.
  List<String> toCopy(Manifest target) {
    Map<String, Entry> differing = new HashMap<>();
    entries.forEach(
        (path, entry) -> {
          Entry theirs = target.entries.get(path);
          if (entry.copied() && (theirs == null || !entry.same(theirs))) {
            differing.put(path, entry);
          }
        });
    if (differing.isEmpty() && toRemove(target).isEmpty()) {
      return List.of();
    }
    List<String> paths = new ArrayList<>();
    entries.forEach(
        (path, entry) -> {
          if (entry.directory() || differing.containsKey(path)) {
            paths.add(path);
          }
        });
    return paths;
  }

  /// Paths as a NUL-separated list relative to the directory, none of which looks like an option.
  static byte[] list(List<String> paths) {
    StringBuilder all = new StringBuilder();
    paths.forEach(path -> all.append("./").append(path).append('\0'));
    return all.toString().getBytes(ISO_8859_1);
  }
}
