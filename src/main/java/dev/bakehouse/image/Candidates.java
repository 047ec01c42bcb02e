package dev.bakehouse.image;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Which images of a store may go, and in which order.
///
/// Images that share a disk go together or not at all: one alone would free nothing.
final class Candidates {
  private final List<LocalImage> images;
  private final Usage usage;
  private final Map<String, String> kept = new LinkedHashMap<>();
  private final List<LocalImage> free = new ArrayList<>();

  private Candidates(List<LocalImage> images, Usage usage) {
    this.images = images;
    this.usage = usage;
  }

  static Candidates of(ImageStore store) throws IOException {
    List<LocalImage> all =
        store.list().stream().sorted(Comparator.comparing(LocalImage::used)).toList();
    Candidates candidates = new Candidates(all, Usage.of(all));
    StorePolicy policy = store.policy();
    Use use = new Use(store);
    for (LocalImage image : all) {
      Optional<String> why =
          (image.pinned() ? Optional.of("pinned") : use.word(image))
              .or(() -> policy.needed().stream().flatMap(n -> n.why(image).stream()).findFirst());
      why.ifPresentOrElse(
          word -> candidates.kept.put(image.name(), word), () -> candidates.free.add(image));
    }
    return candidates;
  }

  Usage usage() {
    return usage;
  }

  /// Why each of the others must stay, by name.
  Map<String, String> kept() {
    return kept;
  }

  /// Those that may go, the least recently used first.
  List<LocalImage> free() {
    return free;
  }

  /// The same, but only what frees space, as groups that share a disk: a group is as old as the
  /// image of it that was used last.
  List<List<LocalImage>> groups() {
    return groups(free);
  }

  private List<List<LocalImage>> groups(List<LocalImage> from) {
    Map<Set<String>, List<LocalImage>> groups = new LinkedHashMap<>();
    for (LocalImage image : from) {
      groups.computeIfAbsent(usage.sharing(image.name()), _ -> new ArrayList<>()).add(image);
    }
    return groups.values().stream()
        .filter(group -> frees(group) > 0)
        .sorted(Comparator.comparing(group -> group.getLast().used()))
        .toList();
  }

  private long frees(List<LocalImage> group) {
    // Records and marks are never shared: only what is more than their few blocks counts.
    long bytes = usage.freed(group.stream().map(LocalImage::name).toList());
    long small = group.size() * SMALL;
    return bytes > small ? bytes : 0;
  }

  private static final long SMALL = 64 << 10;

  /// What else would be freed if pins were taken away: bytes by the names to un-pin.
  Map<String, Long> byUnpinning() {
    Set<String> pinned = new TreeSet<>();
    kept.forEach(
        (name, why) -> {
          if (why.equals("pinned")) {
            pinned.add(name);
          }
        });
    List<LocalImage> more =
        images.stream().filter(i -> free.contains(i) || pinned.contains(i.name())).toList();
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (List<LocalImage> group : groups(more)) {
      List<String> names = group.stream().map(LocalImage::name).filter(pinned::contains).toList();
      if (!names.isEmpty()) {
        bytes.put("`" + String.join("` and `", names) + "`", frees(group));
      }
    }
    return bytes;
  }
}
