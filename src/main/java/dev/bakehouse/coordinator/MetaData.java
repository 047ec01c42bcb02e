package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Keys and values of a build, set and read by its jobs.
final class MetaData {
  private final Core core;
  private final Access access;

  private record Item(@Nullable String key, @Nullable String value) {}

  private record Batch(@Nullable List<Item> items) {}

  MetaData(Core core, Access access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    router.add("POST", "/v3/jobs/:id/data/set", this::set);
    router.add("POST", "/v3/jobs/:id/data/set-batch", this::setBatch);
    for (String scope : List.of("jobs", "builds")) {
      router.add("POST", "/v3/" + scope + "/:id/data/get", request -> get(scope, request));
      router.add("POST", "/v3/" + scope + "/:id/data/exists", request -> exists(scope, request));
      router.add("POST", "/v3/" + scope + "/:id/data/keys", request -> keys(scope, request));
    }
  }

  static Map<String, String> all(Transaction tx, String build) throws SQLException {
    Map<String, String> all = new LinkedHashMap<>();
    tx.list(
            "SELECT key, value FROM metadata WHERE build=? ORDER BY key",
            row -> Map.entry(row.getString(1), row.getString(2)),
            build)
        .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
    return all;
  }

  private Reply set(Request request) {
    String job = access.running(request);
    return put(job, List.of(request.json(Item.class)));
  }

  private Reply setBatch(Request request) {
    String job = access.running(request);
    return put(job, Request.need(request.json(Batch.class).items, "items"));
  }

  private Reply put(String job, List<Item> items) {
    core.database()
        .run(
            tx -> {
              String build = Job.get(tx, job).build();
              for (Item item : items) {
                tx.update(
                    "INSERT OR REPLACE INTO metadata VALUES (?,?,?)",
                    build,
                    Request.need(item.key, "key"),
                    Request.need(item.value, "value"));
              }
            });
    return Reply.done();
  }

  private Reply get(String scope, Request request) {
    String build = build(scope, request);
    String key = Request.need(request.json(Item.class).key, "key");
    String value =
        value(build, key).orElseThrow(() -> new HttpError(404, "No key \"" + key + "\" found"));
    return Reply.json(Map.of("key", key, "value", value));
  }

  private Reply exists(String scope, Request request) {
    String build = build(scope, request);
    String key = Request.need(request.json(Item.class).key, "key");
    return Reply.json(Map.of("exists", value(build, key).isPresent()));
  }

  private Reply keys(String scope, Request request) {
    String build = build(scope, request);
    return Reply.json(core.database().read(tx -> List.copyOf(all(tx, build).keySet())));
  }

  private Optional<String> value(String build, String key) {
    return core.database()
        .read(
            tx ->
                tx.one(
                    "SELECT value FROM metadata WHERE build=? AND key=?",
                    row -> row.getString(1),
                    build,
                    key));
  }

  private String build(String scope, Request request) {
    if (scope.equals("builds")) {
      access.jobOfBuild(request);
      return request.var("id");
    }
    String job = access.job(request);
    return core.database().read(tx -> Job.get(tx, job).build());
  }
}
