package dev.bakehouse.cache;

import dev.bakehouse.platform.Posix;
import java.time.Instant;

/// One saved cache in a store.
///
/// @param address whose it is
/// @param snapshot its id, see [dev.bakehouse.snapshot.Snapshot]
/// @param files files in it, hard links included
/// @param bytes what they hold together
/// @param stored bytes it takes in the store, those it shares with others included
/// @param created when it was saved
/// @param used when it was last saved or restored
public record Entry(
    Address address,
    String snapshot,
    long files,
    long bytes,
    long stored,
    Instant created,
    Instant used) {

  /// A place for one state of one cache; a later save to it replaces the earlier one.
  ///
  /// @param build the id of the build that saved it
  /// @param step which saved it, see [Step#text]
  public record Address(Scope scope, String build, String step, Kind kind) {
    @Override
    public String toString() {
      String of = step.isEmpty() ? "" : " of step " + Posix.shown(step);
      return kind.name() + of + " from build " + Posix.shown(build) + " in " + scope;
    }
  }
}
