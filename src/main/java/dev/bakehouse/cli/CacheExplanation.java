package dev.bakehouse.cli;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Reason;
import dev.bakehouse.cache.Rejected;
import dev.bakehouse.cache.Selection;
import dev.bakehouse.cache.StepRule.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The answer of `cache explain`.
///
/// @param scopes in the order they are searched
/// @param rejected in the order they were looked at
/// @param taken null when there is no source
/// @param reason why there is none, one of [Reason]; null when there is one
/// @param remedy what to do then
record CacheExplanation(
    String step,
    String strategy,
    List<String> kinds,
    List<String> scopes,
    List<Looked> rejected,
    @Nullable Taken taken,
    String summary,
    @Nullable String reason,
    @Nullable String remedy) {

  /// @param build its id; empty for a place that could not be searched
  record Looked(String what, String build, String scope, String reason, String why, String remedy) {
    static Looked of(Rejected r) {
      return new Looked(r.what(), r.build(), r.scope(), r.reason().name(), r.why(), r.remedy());
    }
  }

  record Taken(String build, String scope, List<Cache> caches) {}

  record Cache(String kind, String step, long files, long bytes, String created) {}

  static CacheExplanation of(
      String step, Decision decision, List<Kind> kinds, Access access, Selection selection) {
    return new CacheExplanation(
        step,
        decision.strategy().toString(),
        kinds.stream().map(Kind::name).toList(),
        scopes(access),
        selection.rejected().stream().map(Looked::of).toList(),
        selection.source().map(build -> taken(build, kinds, selection)).orElse(null),
        selection.summary(),
        selection.reason().map(Reason::name).orElse(null),
        selection.remedy().orElse(null));
  }

  /// A step that restores nothing.
  static CacheExplanation nothingWanted(String step, Decision decision, Access access) {
    Reason reason = decision.strategy().reads() ? Reason.NONE_FOUND : Reason.DISABLED;
    String why =
        decision.strategy().reads() || decision.kinds().isEmpty()
            ? decision.why()
            : "the strategy is " + decision.strategy();
    String remedy =
        reason == Reason.DISABLED
            ? reason.remedy()
            : "Name kinds with --kind, or a step of `cache.steps` with --step.";
    return new CacheExplanation(
        step,
        decision.strategy().toString(),
        List.of(),
        scopes(access),
        List.of(),
        null,
        "nothing to restore: " + why,
        reason.name(),
        remedy);
  }

  private static List<String> scopes(Access access) {
    return access.reads().stream().map(r -> r.scope().toString()).toList();
  }

  private static Taken taken(String build, List<Kind> kinds, Selection selection) {
    List<Cache> caches = new ArrayList<>();
    String scope = "";
    for (Kind kind : kinds) {
      Optional<Opened.Whole> archive = selection.archive(kind);
      if (archive.isPresent()) {
        var entry = archive.get().entry();
        scope = entry.address().scope().ref().text();
        caches.add(
            new Cache(
                kind.name(),
                entry.address().step(),
                entry.files(),
                entry.bytes(),
                entry.created().toString()));
      }
    }
    return new Taken(build, scope, caches);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append("wanted: ").append(kinds.isEmpty() ? "nothing" : String.join(", ", kinds));
    text.append(step.isEmpty() ? "" : " by step " + step).append('\n');
    text.append("scopes, nearest first:\n");
    scopes.forEach(s -> text.append("  ").append(s).append('\n'));
    for (Looked each : rejected) {
      text.append("no   ").append(each.what()).append(": ").append(each.why()).append('\n');
    }
    if (taken == null) {
      return text.append(summary).append("\n  ").append(remedy).toString();
    }
    text.append("YES  ").append(summary);
    for (Cache each : taken.caches()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%n     %s: %,d files, %,d bytes, saved %s",
              each.kind(),
              each.files(),
              each.bytes(),
              each.created()));
    }
    return text.toString();
  }
}
