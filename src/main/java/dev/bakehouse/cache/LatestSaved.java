package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Sources where nobody can be asked for builds: what was saved last in a scope, whatever saved it.
///
/// Only when no build has all kinds, one is taken that never saved some: an empty cache is not
/// saved.
///
/// @param scopes nearest first
/// @param build only this one's; empty for any
/// @param current the build this is for, which is never a source of its own; empty for none
public record LatestSaved(CacheStore store, List<Scope> scopes, String build, String current)
    implements Sources {
  private static final int LOOKED_AT = 8;

  @Override
  public Selection select(Step step, List<Kind> kinds) {
    return new Search(step, kinds).selection();
  }

  private record Partial(Scope scope, String build, List<Kind> kinds) {}

  private final class Search {
    private final Step step;
    private final List<Kind> kinds;
    private final List<Rejected> rejected = new ArrayList<>();
    private final List<Partial> partials = new ArrayList<>();

    Search(Step step, List<Kind> kinds) {
      this.step = step;
      this.kinds = kinds;
    }

    Selection selection() {
      for (Scope scope : scopes) {
        Optional<Selection> found = build.isEmpty() ? newest(scope) : from(build, scope);
        if (found.isPresent()) {
          return found.get();
        }
      }
      for (Partial each : partials) {
        if (open(each.scope(), each.build(), each.kinds()) instanceof Archives.Complete found) {
          return found(each.build(), each.scope(), found);
        }
      }
      String looked = String.join(", ", scopes.stream().map(Scope::toString).toList());
      String why = rejected.isEmpty() ? "nothing was saved there" : "nothing there can be used";
      return Selection.none("no cache found in " + looked + ": " + why, rejected);
    }

    private Optional<Selection> newest(Scope scope) {
      Set<String> builds = new HashSet<>(Set.of(current));
      try {
        for (Kind kind : kinds) {
          Iterator<Entry> saved = store.entries(scope, kind).iterator();
          while (builds.size() <= LOOKED_AT && saved.hasNext()) {
            String each = saved.next().address().build();
            Optional<Selection> found = builds.add(each) ? from(each, scope) : Optional.empty();
            if (found.isPresent()) {
              return found;
            }
          }
        }
      } catch (UserError e) {
        rejected.add(Rejected.of("the store", scope, e));
      }
      return Optional.empty();
    }

    private Optional<Selection> from(String each, Scope scope) {
      switch (open(scope, each, kinds)) {
        case Archives.Complete found -> {
          return Optional.of(found(each, scope, found));
        }
        case Archives.Damaged bad -> reject(each, scope, Reason.DAMAGED, bad.why());
        case Archives.Incomplete some -> {
          reject(each, scope, Reason.NOT_SAVED, some.why());
          List<Kind> rest = some.rest(kinds);
          if (!rest.isEmpty()) {
            partials.add(new Partial(scope, each, rest));
          }
        }
      }
      return Optional.empty();
    }

    private Archives.Result open(Scope scope, String of, List<Kind> wanted) {
      return new Archives(store).open(scope, of, step, wanted);
    }

    private Selection found(String of, Scope scope, Archives.Complete found) {
      String some =
          found.archives().keySet().containsAll(kinds)
              ? ""
              : String.join(", ", found.archives().keySet().stream().map(Kind::name).toList())
                  + " ";
      return Selection.found(
          of, some + "from build " + of + " of " + scope, found.archives(), rejected);
    }

    private void reject(String each, Scope scope, Reason reason, String why) {
      rejected.add(Rejected.of("build " + each, each, scope, reason, why));
    }
  }
}
