package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How long an agent is paused: as Buildkite has it, five minutes unless the request names others.
/// The column `paused` is when it ends by itself, in milliseconds; 0 for an agent that works.
///
/// @param timeoutInMinutes as the request names them
/// @param note why, for people
record AgentPause(@Nullable Integer timeoutInMinutes, @Nullable String note) {
  private static final int USUAL = 5;
  private static final int LONGEST = 10_080;
  private static final int LONGEST_NOTE = 500;

  /// One that lasts.
  ///
  /// @param begun when; older versions did not note it
  /// @param until when it ends by itself
  record Lasting(@Nullable Long begun, long until, @Nullable String note) {
    static @Nullable Lasting row(ResultSet row) throws SQLException {
      long until = row.getLong("paused");
      long begun = row.getLong("pause_begun");
      return until == 0
          ? null
          : new Lasting(begun == 0 ? null : begun, until, row.getString("pause_note"));
    }

    @Nullable Long minutes() {
      return begun == null ? null : Math.ceilDiv(until - begun, 60_000L);
    }
  }

  /// Pauses an agent from now on.
  void begin(Transaction tx, String agent, long until) throws SQLException {
    tx.update(
        "UPDATE agents SET paused=?, pause_begun=?, pause_note=? WHERE id=?",
        until,
        Core.now(),
        note == null || note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE),
        agent);
  }

  /// When it ends, if it begins now.
  ///
  /// @throws HttpError when no agent can be paused for so long
  long until() {
    int minutes = timeoutInMinutes == null ? USUAL : timeoutInMinutes;
    if (minutes < 1 || minutes > LONGEST) {
      throw new HttpError(422, "`timeout_in_minutes` is from 1 to " + LONGEST);
    }
    return Core.now() + Duration.ofMinutes(minutes).toMillis();
  }

  /// The same for a job that asks, which may be anybody's: the usual time at most.
  long shortly() {
    return Math.min(until(), Core.now() + Duration.ofMinutes(USUAL).toMillis());
  }

  /// Ends those whose time is over.
  ///
  /// @return ids of their agents
  static List<String> end(Transaction tx) throws SQLException {
    List<String> over =
        tx.list(
            "SELECT id FROM agents WHERE paused>0 AND paused<?",
            row -> row.getString(1),
            Core.now());
    for (String id : over) {
      tx.update("UPDATE agents SET paused=0 WHERE id=?", id);
    }
    return over;
  }
}
