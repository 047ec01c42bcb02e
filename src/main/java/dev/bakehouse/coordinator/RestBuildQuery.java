package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which builds a list of `/v2` asks for; names are those of
/// https://buildkite.com/docs/apis/rest-api/builds.
final class RestBuildQuery {
  private static final List<String> FINISHED = List.of("passed", "failed", "blocked", "canceled");
  private static final Set<String> STATES =
      Set.of(
          "creating",
          "scheduled",
          "running",
          "passed",
          "failing",
          "failed",
          "blocked",
          "canceling",
          "canceled",
          "skipped",
          "not_run",
          "finished");

  /// One statement for all questions, as statements are kept. Lists come as JSON; `*` in a branch
  /// stands for anything, and git allows none of SQLite's other signs in its name.
  private static final String SQL =
      """
      SELECT id FROM builds WHERE (?1 IS NULL OR pipeline=?1)
      AND (?2 IS NULL OR EXISTS (SELECT 1 FROM json_each(?2) WHERE branch GLOB value))
      AND (?3 IS NULL OR sha IN (SELECT value FROM json_each(?3)))
      AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4))
        OR (blocked=1 AND 'blocked' IN (SELECT value FROM json_each(?4))))
      AND (?5 IS NULL OR created>=?5) AND (?6 IS NULL OR created<?6)
      AND (?7 IS NULL OR finished>=?7)
      AND NOT EXISTS (SELECT 1 FROM json_each(?8) wanted WHERE NOT EXISTS (SELECT 1 FROM metadata
        WHERE build=builds.id AND metadata.key=wanted.key AND metadata.value=wanted.value))
      ORDER BY seq DESC LIMIT ?9 OFFSET ?10
      """;

  private final List<@Nullable Object> values = new ArrayList<>();

  /// @throws HttpError 400 when a state or a time is none
  RestBuildQuery(Request request, RestPage page) {
    values.add(request.path().get("pipeline"));
    values.add(list(request.all("branch")));
    values.add(list(request.all("commit")));
    values.add(list(states(request)));
    values.add(time(request, "created_from"));
    values.add(time(request, "created_to"));
    values.add(time(request, "finished_from"));
    values.add(Json.text(metaData(request)));
    values.addAll(page.window());
  }

  List<String> ids(Transaction tx) throws SQLException {
    return tx.list(SQL, row -> row.getString(1), values.toArray());
  }

  private static List<String> states(Request request) {
    List<String> states = new ArrayList<>();
    for (String state : request.all("state")) {
      if (!STATES.contains(state)) {
        throw new HttpError(400, "`" + state + "` is no state of a build");
      }
      states.addAll(state.equals("finished") ? FINISHED : List.of(state));
    }
    return states;
  }

  private static Map<String, String> metaData(Request request) {
    Map<String, String> wanted = new LinkedHashMap<>();
    for (Map.Entry<String, String> pair : request.pairs()) {
      String name = pair.getKey();
      if (name.startsWith("meta_data[") && name.endsWith("]")) {
        wanted.put(name.substring("meta_data[".length(), name.length() - 1), pair.getValue());
      }
    }
    return wanted;
  }

  private static @Nullable String list(List<String> wanted) {
    return wanted.isEmpty() ? null : Json.text(wanted);
  }

  private static @Nullable Long time(Request request, String name) {
    String text = request.asked(name).orElse("");
    try {
      return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new HttpError(400, "`" + name + "` must be a time like 2025-01-08T23:22:05Z");
    }
  }
}
