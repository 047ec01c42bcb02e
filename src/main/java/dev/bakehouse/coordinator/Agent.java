package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A registered agent process.
///
/// @param tags `name=value`, as it registered them
/// @param state `registered`, `connected`, `lost`, `disconnected`
/// @param ignored gets no jobs but those it asks for by id
/// @param stopping leaves at its next ping
/// @param pause while it is paused
/// @param priority agents with a higher one are given jobs first; one that names none is the last
record Agent(
    String id,
    String name,
    String hostname,
    String version,
    List<String> tags,
    String state,
    boolean ignored,
    boolean stopping,
    AgentPause.@Nullable Lasting pause,
    long created,
    int priority) {
  private static final int LAST = Integer.MIN_VALUE;
  private static final String QUEUE = "queue";
  private static final String HOST = "host=";

  /// Whether it has what a job asks for. An agent without a queue is in `default`; a job that names
  /// no queue runs only there.
  boolean has(Map<String, String> wanted) {
    for (Map.Entry<String, String> want : wanted.entrySet()) {
      if (!has(want.getKey(), want.getValue())) {
        return false;
      }
    }
    return wanted.containsKey(QUEUE) || has(QUEUE, "default");
  }

  /// The queues it serves: `default` when it names none.
  List<String> queues() {
    List<String> named =
        tags.stream()
            .filter(tag -> tag.startsWith(QUEUE + "="))
            .map(tag -> tag.substring(QUEUE.length() + 1))
            .toList();
    return named.isEmpty() ? List.of("default") : named;
  }

  /// The Bakehouse host it is of.
  Optional<String> host() {
    return tags.stream()
        .filter(tag -> tag.startsWith(HOST))
        .map(tag -> tag.substring(HOST.length()))
        .findFirst();
  }

  /// The machine it runs on, as it says itself: one may stand in for several.
  String machine() {
    return host().orElse(hostname);
  }

  /// Of the table: whether one may be given jobs.
  static final String WORKS = "state='connected' AND NOT (ignored OR stopping OR paused)";

  /// Whether it may be given jobs.
  boolean works() {
    return state.equals("connected") && !ignored && !stopping && pause == null;
  }

  boolean paused() {
    return pause != null;
  }

  private boolean has(String name, String value) {
    boolean named = false;
    for (String tag : tags) {
      if (tag.startsWith(name + "=")) {
        named = true;
        if (value.equals("*")
            || value.isEmpty()
            || tag.substring(name.length() + 1).equals(value)) {
          return true;
        }
      }
    }
    return !named && name.equals(QUEUE) && (value.equals("default") || value.equals("*"));
  }

  static Optional<Agent> find(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM agents WHERE id=?", Agent::row, id);
  }

  static Agent get(Transaction tx, String id) throws SQLException {
    return find(tx, id).orElseThrow(() -> HttpError.notFound("Agent " + id));
  }

  static Agent row(ResultSet row) throws SQLException {
    return new Agent(
        row.getString("id"),
        row.getString("name"),
        row.getString("hostname"),
        row.getString("version"),
        Json.list(row.getString("tags")),
        row.getString("state"),
        row.getBoolean("ignored"),
        row.getBoolean("stopping"),
        AgentPause.Lasting.row(row),
        row.getLong("created"),
        row.getObject("priority") == null ? LAST : row.getInt("priority"));
  }
}
