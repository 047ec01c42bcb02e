package dev.bakehouse.oci;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Rights a token is asked for, as registries write them: `repository:NAME:pull,push`.
record Scopes(Set<String> all) {
  Scopes {
    all = Set.copyOf(all);
  }

  static Scopes pull(String repository) {
    return new Scopes(Set.of("repository:" + repository + ":pull"));
  }

  static Scopes push(String repository) {
    return new Scopes(Set.of("repository:" + repository + ":pull,push"));
  }

  /// These and more; rights of one resource become one scope.
  Scopes and(Collection<String> more) {
    Map<String, TreeSet<String>> merged = new TreeMap<>();
    for (Collection<String> some : List.of(all, more)) {
      for (String scope : some) {
        int colon = scope.lastIndexOf(':');
        if (colon > 0) {
          merged
              .computeIfAbsent(scope.substring(0, colon), _ -> new TreeSet<>())
              .addAll(List.of(scope.substring(colon + 1).split(",")));
        }
      }
    }
    Set<String> result = new TreeSet<>();
    merged.forEach((resource, rights) -> result.add(resource + ":" + String.join(",", rights)));
    return new Scopes(result);
  }

  @Override
  public String toString() {
    return String.join(" ", new TreeSet<>(all));
  }
}
