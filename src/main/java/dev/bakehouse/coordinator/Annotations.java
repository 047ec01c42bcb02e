package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Notes that jobs leave on their build.
final class Annotations {
  private static final int BODY_LIMIT = 1 << 20;

  /// Of all of a build and its jobs together, in characters.
  private static final int SUM_LIMIT = 8 << 20;

  private final Core core;
  private final Access access;

  private record Note(
      @Nullable String body,
      @Nullable String context,
      @Nullable String style,
      @Nullable Boolean append,
      @Nullable Integer priority,
      @Nullable String scope) {}

  Annotations(Core core, Access access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    router.add("POST", "/v3/jobs/:id/annotations", this::put);
    router.add("DELETE", "/v3/jobs/:id/annotations/:context", this::remove);
  }

  private Reply put(Request request) {
    String job = access.running(request);
    Note note = request.json(Note.class);
    String body = note.body == null ? "" : note.body;
    String scope = note.scope == null ? "build" : note.scope;
    String context = note.context == null || note.context.isEmpty() ? "default" : note.context;
    core.database()
        .run(
            tx -> {
              String owner = owner(tx, job, scope);
              insistRoom(tx, job, owner, scope, context, body, Boolean.TRUE.equals(note.append));
              tx.update(
                  "INSERT INTO annotations VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET body="
                      + (Boolean.TRUE.equals(note.append)
                          ? "body || excluded.body"
                          : "excluded.body")
                      + ", style=coalesce(excluded.style, style), priority=excluded.priority",
                  owner,
                  scope,
                  context,
                  note.style,
                  body,
                  note.priority == null ? 3 : note.priority);
            });
    return Reply.done();
  }

  private Reply remove(Request request) {
    String job = access.running(request);
    String scope = request.asked("scope").orElse("build");
    core.database()
        .run(
            tx -> {
              int count =
                  tx.update(
                      "DELETE FROM annotations WHERE owner=? AND scope=? AND context=?",
                      owner(tx, job, scope),
                      scope,
                      request.var("context"));
              if (count == 0) {
                throw HttpError.notFound("Annotation " + request.var("context"));
              }
            });
    return Reply.done();
  }

  /// Whoever shows them has them in memory.
  private static void insistRoom(
      Transaction tx,
      String job,
      String owner,
      String scope,
      String context,
      String body,
      boolean append)
      throws SQLException {
    long here = length(tx, "owner=? AND scope=? AND context=?", owner, scope, context);
    String build = Job.get(tx, job).build();
    long all = length(tx, "owner=?1 OR owner IN (SELECT id FROM jobs WHERE build=?1)", build);
    long next = (append ? here : 0) + body.length();
    if (next > BODY_LIMIT) {
      throw new HttpError(413, "An annotation may have at most 1 MiB, with what is appended");
    }
    if (all - here + next > SUM_LIMIT) {
      throw new HttpError(413, "The annotations of a build may have at most 8 MiB together");
    }
  }

  private static long length(Transaction tx, String which, Object... values) throws SQLException {
    return tx.one(
            "SELECT coalesce(sum(length(body)), 0) FROM annotations WHERE " + which,
            row -> row.getLong(1),
            values)
        .orElse(0L);
  }

  private static String owner(Transaction tx, String job, String scope) throws SQLException {
    return scope.equals("job") ? job : Job.get(tx, job).build();
  }

  /// One of them, as `/v2` shows it.
  static Map<String, Object> rendered(Map<String, Object> note) {
    note.put("body_html", Markdown.html(String.valueOf(note.remove("body"))));
    return note;
  }

  /// Those of a build, for [#rendered]: what that takes no transaction waits for.
  ///
  /// @param scope `build`, `job` or `all`
  static List<Map<String, Object>> ofBuild(
      Transaction tx, String build, String scope, RestPage page) throws SQLException {
    return tx.list(
        "SELECT * FROM annotations WHERE (?1='all' OR scope=?1) AND (owner=?2 OR owner IN"
            + " (SELECT id FROM jobs WHERE build=?2))"
            + " ORDER BY priority DESC, context, owner LIMIT ?3 OFFSET ?4",
        row -> {
          boolean job = row.getString("scope").equals("job");
          Map<String, Object> note = new LinkedHashMap<>();
          note.put("id", row.getString("owner") + ":" + row.getString("context"));
          note.put("context", row.getString("context"));
          note.put("style", row.getString("style"));
          note.put("scope", row.getString("scope"));
          note.put("job_id", job ? row.getString("owner") : null);
          note.put("body", row.getString("body"));
          note.put("priority", row.getInt("priority"));
          return note;
        },
        scope,
        build,
        page.window().getFirst(),
        page.window().getLast());
  }
}
