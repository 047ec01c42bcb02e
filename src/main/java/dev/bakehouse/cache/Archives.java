package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The caches of one build, opened together or not at all.
final class Archives {
  private final CacheStore store;

  Archives(CacheStore store) {
    this.store = store;
  }

  sealed interface Result {}

  record Complete(Map<Kind, Opened.Whole> archives) implements Result {}

  /// @param missing never saved by that build
  record Incomplete(List<Kind> missing) implements Result {
    /// Those of the wanted kinds that it did save; Zig's two or none of them.
    List<Kind> rest(List<Kind> wanted) {
      Set<Kind> gone = new LinkedHashSet<>(missing);
      if (gone.contains(Kind.ZIG_LOCAL) || gone.contains(Kind.ZIG_GLOBAL)) {
        gone.addAll(List.of(Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL));
      }
      return wanted.stream().filter(kind -> !gone.contains(kind)).toList();
    }

    String why() {
      return "it saved no " + String.join(", ", missing.stream().map(Kind::name).toList());
    }
  }

  record Damaged(String why) implements Result {}

  Result open(Scope scope, String build, Step step, List<Kind> kinds) {
    Map<Kind, Entry> entries = new LinkedHashMap<>();
    List<Kind> missing = new ArrayList<>();
    try {
      for (Kind kind : kinds) {
        Optional<Entry> entry = store.find(new Address(scope, build, step.text(), kind));
        entry.ifPresentOrElse(e -> entries.put(kind, e), () -> missing.add(kind));
      }
    } catch (UserError e) {
      return new Damaged(String.valueOf(e.getMessage()));
    }
    return missing.isEmpty() ? open(entries) : new Incomplete(List.copyOf(missing));
  }

  private Result open(Map<Kind, Entry> entries) {
    Map<Kind, Opened.Whole> archives = new LinkedHashMap<>();
    for (Map.Entry<Kind, Entry> each : entries.entrySet()) {
      switch (store.open(each.getValue())) {
        case Opened.Whole whole -> archives.put(each.getKey(), whole);
        case Opened.Damaged bad -> {
          return new Damaged("its " + each.getKey().name() + " can not be used: " + bad.why());
        }
      }
    }
    return new Complete(archives);
  }
}
