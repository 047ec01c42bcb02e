package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Opened;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a search for a source came to.
public final class Selection {
  /// A source that was looked at and not taken.
  ///
  /// @param what for example `build 12 of main`
  public record Rejected(String what, String why) {
    @Override
    public String toString() {
      return what + ": " + why;
    }
  }

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

  static Selection none(String why, List<Rejected> rejected) {
    return new Selection(null, why, Map.of(), rejected);
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

  /// One line on the outcome: where the caches come from, or why there are none and what to do.
  public String summary() {
    return shown;
  }

  /// Lines for the log: every rejected source with its reason, then the outcome.
  public List<String> explain() {
    List<String> lines = new ArrayList<>();
    rejected.forEach(r -> lines.add("not from " + r));
    lines.add(shown);
    return lines;
  }
}
