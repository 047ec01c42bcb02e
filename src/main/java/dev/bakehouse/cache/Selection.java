package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Opened;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a search for a source came to.
public final class Selection {
  private final @Nullable String source;
  private final String shown;
  private final Map<Kind, Opened.Whole> archives;
  private final List<Rejected> rejected;

  private Selection(
      @Nullable String source,
      String shown,
      Map<Kind, Opened.Whole> archives,
      List<Rejected> rejected) {
    this.source = source;
    this.shown = shown;
    this.archives = new LinkedHashMap<>(archives);
    this.rejected = List.copyOf(rejected);
  }

  static Selection found(
      String source, String shown, Map<Kind, Opened.Whole> archives, List<Rejected> rejected) {
    return new Selection(source, shown, archives, rejected);
  }

  /// @param why in words; what explains it best of the rejected sources is added
  static Selection none(String why, List<Rejected> rejected) {
    String shown = telling(rejected).map(r -> why + ": " + r).orElse(why);
    return new Selection(null, shown, Map.of(), rejected);
  }

  /// The id of the build the caches come from.
  public Optional<String> source() {
    return Optional.ofNullable(source);
  }

  /// The archive of a kind; empty is a miss.
  public Optional<Opened.Whole> archive(Kind kind) {
    return Optional.ofNullable(archives.get(kind));
  }

  public List<Rejected> rejected() {
    return rejected;
  }

  /// Why there is none; empty when there is one.
  public Optional<Reason> reason() {
    return source == null
        ? Optional.of(telling(rejected).map(Rejected::reason).orElse(Reason.NONE_FOUND))
        : Optional.empty();
  }

  /// What to do so that there is one; empty when there is one.
  public Optional<String> remedy() {
    return source == null
        ? Optional.of(telling(rejected).map(Rejected::remedy).orElse(Reason.NONE_FOUND.remedy()))
        : Optional.empty();
  }

  /// The rejected source that explains a miss best.
  private static Optional<Rejected> telling(List<Rejected> rejected) {
    return rejected.stream()
        .filter(r -> r.reason() != Reason.THIS_BUILD && r.reason() != Reason.ENOUGH_SEEN)
        .min(Comparator.comparing(Rejected::reason));
  }

  /// One line on the outcome: where the caches come from, or why there are none and what to do.
  public String summary() {
    return shown;
  }

  /// Lines for the log: every rejected source with its reason, then the outcome, and what to do
  /// when there is none.
  public List<String> explain() {
    List<String> lines = new ArrayList<>();
    rejected.forEach(r -> lines.add("not from " + r));
    lines.add(shown);
    telling(rejected)
        .filter(_ -> source == null)
        .ifPresent(r -> lines.add(r.reason() + ": " + r.remedy()));
    return lines;
  }
}
