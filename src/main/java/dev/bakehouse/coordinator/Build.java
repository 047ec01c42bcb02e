package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One run of a pipeline. Times are milliseconds since 1970.
///
/// @param state `scheduled`, `running`, `failing`, `canceling`, `passed`, `failed`, `canceled`,
///   `not_run`; while it is blocked, what its block step says
/// @param blocked it waits for a person, and nothing of it runs
/// @param triggerJob the job of another build that made it
record Build(
    String id,
    int number,
    String pipeline,
    String state,
    String commit,
    String branch,
    String message,
    String source,
    String repository,
    Map<String, String> env,
    long created,
    @Nullable Long started,
    @Nullable Long finished,
    boolean blocked,
    @Nullable String triggerJob) {
  boolean ended() {
    return finished != null;
  }

  static Build get(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM builds WHERE id=?", Build::row, id)
        .orElseThrow(() -> HttpError.notFound("Build " + id));
  }

  static Optional<Build> find(Transaction tx, String pipeline, String number) throws SQLException {
    return tx.one(
        "SELECT * FROM builds WHERE pipeline=? AND (number=? OR id=?)",
        Build::row,
        pipeline,
        number,
        number);
  }

  static Build row(ResultSet row) throws SQLException {
    return new Build(
        row.getString("id"),
        row.getInt("number"),
        row.getString("pipeline"),
        row.getString("state"),
        row.getString("sha"),
        row.getString("branch"),
        row.getString("message"),
        row.getString("source"),
        row.getString("repository"),
        Json.map(row.getString("env")),
        row.getLong("created"),
        Job.time(row, "started"),
        Job.time(row, "finished"),
        row.getBoolean("blocked"),
        row.getString("trigger_job"));
  }
}
