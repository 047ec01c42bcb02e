package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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
  public Selection select(String step, List<Kind> kinds) {
    List<Rejected> rejected = new ArrayList<>();
    for (Scope scope : scopes) {
      for (String each : builds(scope, kinds, rejected)) {
        switch (new Archives(store).open(scope, each, step, kinds)) {
          case Archives.Complete found -> {
            return Selection.found(
                each, "from build " + each + " of " + scope, found.archives(), rejected);
          }
          case Archives.Damaged bad ->
              rejected.add(rejected(each, scope, Reason.DAMAGED, bad.why()));
          case Archives.Incomplete some ->
              rejected.add(rejected(each, scope, Reason.NOT_SAVED, some.why()));
        }
      }
    }
    String looked = String.join(", ", scopes.stream().map(Scope::toString).toList());
    String why = rejected.isEmpty() ? "nothing was saved there" : "nothing there can be used";
    return Selection.none("no cache found in " + looked + ": " + why, rejected);
  }

  private static Rejected rejected(String build, Scope scope, Reason reason, String why) {
    return Rejected.of("build " + build, build, scope, reason, why);
  }

  private Set<String> builds(Scope scope, List<Kind> kinds, List<Rejected> rejected) {
    Set<String> ids = new LinkedHashSet<>();
    if (!build.isEmpty()) {
      ids.add(build);
      return ids;
    }
    try {
      kinds.stream()
          .flatMap(kind -> store.entries(scope, kind).stream())
          .map(entry -> entry.address().build())
          .distinct()
          .filter(id -> !id.equals(current))
          .limit(LOOKED_AT)
          .forEach(ids::add);
    } catch (UserError e) {
      rejected.add(Rejected.of("the store", scope, e));
    }
    return ids;
  }
}
