package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What a directory holds, as [Listing] tells it: names are raw bytes, kept as Latin-1 texts.
///
/// @param entries by path relative to the directory; "" is the directory itself
record Manifest(Map<String, Entry> entries) {
  /// For `find . -printf`: NUL after each of type, mode, size, mtime, links, inode, path, link
  /// target.
  static final String FORMAT = "%y\\0%m\\0%s\\0%T@\\0%n\\0%i\\0%P\\0%l\\0";

  private static final int FIELDS = 8;

  /// @param type `f`, `d`, `l`, or another letter of find's `%y`
  /// @param names all names of the file in this tree when it has more than one, sorted
  record Entry(
      String type, String mode, String size, String mtime, List<String> names, String target) {
    /// Whether a copy that looks like `other` needs no copying.
    boolean same(Entry other) {
      boolean link = type.equals("l");
      boolean file = type.equals("f");
      return type.equals(other.type)
          && mtime.equals(other.mtime)
          && target.equals(other.target)
          && (link || mode.equals(other.mode))
          && (!file || (size.equals(other.size) && names.equals(other.names)));
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
    Map<String, List<String>> names = new HashMap<>();
    for (int i = 0; i + FIELDS <= fields.size(); i += FIELDS) {
      if (fields.get(i).equals("f") && !fields.get(i + 4).equals("1")) {
        names.computeIfAbsent(fields.get(i + 5), _ -> new ArrayList<>()).add(fields.get(i + 6));
      }
    }
    names.values().forEach(Collections::sort);
    Map<String, Entry> all = new LinkedHashMap<>();
    for (int i = 0; i + FIELDS <= fields.size(); i += FIELDS) {
      List<String> f = fields.subList(i, i + FIELDS);
      boolean file = f.get(0).equals("f");
      List<String> linked = file ? names.getOrDefault(f.get(5), List.of()) : List.of();
      String mtime = nanoseconds(f.get(3));
      all.put(f.get(6), new Entry(f.get(0), f.get(1), f.get(2), mtime, linked, f.get(7)));
    }
    return new Manifest(all);
  }

  /// GNU find prints a tenth digit, always 0.
  private static String nanoseconds(String seconds) {
    int point = seconds.indexOf('.');
    return point < 0 ? seconds : seconds.substring(0, Math.min(seconds.length(), point + 10));
  }

  /// Two paths that differ in nothing but case or the composition of their letters.
  Optional<String> clash() {
    Map<String, String> seen = new HashMap<>();
    for (String path : entries.keySet()) {
      String name = new String(path.getBytes(ISO_8859_1), UTF_8);
      String folded = Normalizer.normalize(name, Normalizer.Form.NFD).toLowerCase(Locale.ROOT);
      String other = seen.put(folded, name);
      if (other != null) {
        return Optional.of(other + " and " + name);
      }
    }
    return Optional.empty();
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
