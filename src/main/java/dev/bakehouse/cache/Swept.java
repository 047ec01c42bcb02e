package dev.bakehouse.cache;

import java.util.List;

/// What a sweep of a store did.
///
/// @param gone caches that were removed, in their order
/// @param entries how many; manifests that nobody can read included
/// @param blobs packs and other parts removed, those of the entries included
/// @param runs runs of the history removed
/// @param steps passed steps removed
/// @param freed bytes of the blobs
/// @param kept entries that stay
/// @param left bytes the store holds
/// @param waiting those of them that nothing needs and that are too young to go
public record Swept(
    List<Gone> gone,
    int entries,
    int blobs,
    int runs,
    int steps,
    long freed,
    int kept,
    long left,
    long waiting) {
  public Swept {
    gone = List.copyOf(gone);
  }

  /// How many bytes are needed beyond a budget.
  public long over(long budget) {
    return Math.max(0, left - waiting - budget);
  }

  /// @param why in words
  public record Gone(Entry entry, String why) {}
}
