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
/// @param scopes nearest first
/// @param build only this one's; empty for any
/// @param current the build this is for, which is never a source of its own; empty for none
public record LatestSaved(CacheStore store, List<Scope> scopes, String build, String current)
    implements Sources {
  private static final int LOOKED_AT = 8;

  @Override
  public Selection select(Step step, List<Kind> kinds) {
    List<Rejected> rejected = new ArrayList<>();
    for (Scope scope : scopes) {
      Optional<Selection> found =
          build.isEmpty()
              ? newest(scope, step, kinds, rejected)
              : from(build, scope, step, kinds, rejected);
      if (found.isPresent()) {
        return found.get();
      }
    }
    String looked = String.join(", ", scopes.stream().map(Scope::toString).toList());
    String why = rejected.isEmpty() ? "nothing was saved there" : "nothing there can be used";
    return Selection.none("no cache found in " + looked + ": " + why, rejected);
  }

  private Optional<Selection> newest(
      Scope scope, Step step, List<Kind> kinds, List<Rejected> rejected) {
    Set<String> builds = new HashSet<>(Set.of(current));
    try {
      for (Kind kind : kinds) {
        Iterator<Entry> saved = store.entries(scope, kind).iterator();
        while (builds.size() <= LOOKED_AT && saved.hasNext()) {
          String each = saved.next().address().build();
          Optional<Selection> found =
              builds.add(each) ? from(each, scope, step, kinds, rejected) : Optional.empty();
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

  private Optional<Selection> from(
      String each, Scope scope, Step step, List<Kind> kinds, List<Rejected> rejected) {
    switch (new Archives(store).open(scope, each, step, kinds)) {
      case Archives.Complete found -> {
        String shown = "from build " + each + " of " + scope;
        return Optional.of(Selection.found(each, shown, found.archives(), rejected));
      }
      case Archives.Damaged bad -> rejected.add(rejected(each, scope, Reason.DAMAGED, bad.why()));
      case Archives.Incomplete some ->
          rejected.add(rejected(each, scope, Reason.NOT_SAVED, some.why()));
    }
    return Optional.empty();
  }

  private static Rejected rejected(String build, Scope scope, Reason reason, String why) {
    return Rejected.of("build " + build, build, scope, reason, why);
  }
}
