package dev.bakehouse.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// How an image differs from the wanted one: what `--why` tells.
///
/// @param image its name here, or its reference
/// @param same whether it carries the wanted identity
public record Difference(String image, boolean same, List<Change> changes) {
  static final String VERSION_LABEL = "dev.bakehouse.image.version";

  public Difference {
    changes = List.copyOf(changes);
  }

  /// One thing that is another.
  ///
  /// @param what `base`, `script`, `input`, `inputs`, `identity` or `version`
  /// @param path of an input; empty for the others
  /// @param from as the image has it; empty when it has none
  /// @param to as it is wanted; empty when it is not
  public record Change(String what, String path, String from, String to) {
    String text() {
      String name = path.isEmpty() ? what : what + " " + path;
      String verb = from.isEmpty() ? "added" : to.isEmpty() ? "removed" : "changed";
      return what.equals("input")
          ? name + " " + verb
          : name + ": " + shown(from) + " → " + shown(to);
    }

    private static String shown(String value) {
      return value.isEmpty() ? "not known" : value;
    }
  }

  static Difference of(String image, Map<String, String> labels, Wanted wanted) {
    Identity identity = wanted.identity();
    boolean same = identity.match(labels) == Identity.Match.SAME;
    List<Change> changes = new ArrayList<>();
    if (!labels.containsKey(Identity.LABEL)) {
      changes.add(new Change("identity", "", "", identity.hex()));
    } else if (!same) {
      compare(changes, "base", labels.get(Identity.BASE_LABEL), identity.base().orElse(""));
      inputs(changes, labels, identity);
    }
    if (labels.containsKey(VERSION_LABEL)) {
      compare(changes, "version", labels.get(VERSION_LABEL), wanted.version().text());
    }
    return new Difference(image, same, changes);
  }

  private static void inputs(List<Change> changes, Map<String, String> labels, Identity identity) {
    Parts parts = identity.parts();
    if (identity.inputs().equals(labels.get(Identity.INPUTS_LABEL))) {
      return;
    }
    int before = changes.size();
    if (labels.containsKey(Parts.SCRIPT_LABEL) || !parts.script().isEmpty()) {
      compare(changes, "script", labels.get(Parts.SCRIPT_LABEL), parts.script());
    }
    parts
        .pair(labels)
        .ifPresent(
            pair -> {
              TreeSet<String> paths = new TreeSet<>(pair.theirs().keySet());
              paths.addAll(pair.ours().keySet());
              for (String path : paths) {
                String from = pair.theirs().getOrDefault(path, "");
                String to = pair.ours().getOrDefault(path, "");
                if (!from.equals(to)) {
                  changes.add(new Change("input", path, from, to));
                }
              }
            });
    if (changes.size() == before || parts.pair(labels).isEmpty()) {
      compare(changes, "inputs", labels.get(Identity.INPUTS_LABEL), identity.inputs());
    }
  }

  private static void compare(List<Change> changes, String what, @Nullable String from, String to) {
    String had = from == null ? "" : from;
    if (!had.equals(to)) {
      changes.add(new Change(what, "", had, to));
    }
  }

  /// One line for people.
  @Override
  public String toString() {
    List<String> all = changes.stream().map(Change::text).toList();
    return image
        + (same ? ": made from the same things" : ": made from other things")
        + (all.isEmpty() ? "" : " (" + String.join("; ", all) + ")");
  }
}
