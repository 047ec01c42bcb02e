package dev.bakehouse.coordinator;

import dev.bakehouse.cache.Access.Read;
import dev.bakehouse.cache.Scope;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What `buildkite-agent cache` asks: which archive belongs to a key. The bytes never come here,
/// the agent moves them to and from its own store. Whose entries a job reads and writes is the same
/// as for caches on hosts.
final class CacheRegistry {
  private static final Duration KEPT = Duration.ofDays(30);
  private static final String PATH = "/v3/cache_registries/:registry";

  private final Core core;
  private final Access access;

  private record Part(@Nullable String value, @Nullable Boolean mandatory) {}

  private record Address(@Nullable List<String> targetPaths, @Nullable List<Part> cacheKey) {
    /// All parts, or those an entry must share to be taken for another.
    String text(boolean mandatoryOnly) {
      List<String> values =
          Request.need(cacheKey, "cache_key").stream()
              .filter(p -> !mandatoryOnly || !Boolean.FALSE.equals(p.mandatory))
              .map(p -> Request.need(p.value, "value"))
              .toList();
      return Json.text(List.of(Request.need(targetPaths, "target_paths"), values));
    }

    boolean mayFallBack() {
      return Request.need(cacheKey, "cache_key").stream()
          .anyMatch(p -> Boolean.FALSE.equals(p.mandatory));
    }
  }

  private record Store(
      @Nullable List<String> targetPaths,
      @Nullable List<Part> cacheKey,
      @Nullable JsonNode blobs,
      @Nullable String platform) {}

  private record Commit(@Nullable String uploadId) {}

  CacheRegistry(Core core, Access access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    router.add("GET", PATH, this::show);
    router.add("POST", PATH + "/peek", this::find);
    router.add("POST", PATH + "/retrieve", this::find);
    router.add("PUT", PATH + "/store", this::store);
    router.add("PUT", PATH + "/commit", this::commit);
    router.add("POST", PATH + "/expire", this::expire);
  }

  /// What the caller may do with the registry it names.
  private static dev.bakehouse.cache.Access rights(Transaction tx, String job, Request request)
      throws SQLException {
    return dev.bakehouse.cache.Access.of(Environment.identity(tx, job), request.var("registry"));
  }

  /// Where the caller's entries lie.
  private static String own(Transaction tx, String job, Request request) throws SQLException {
    return rights(tx, job, request)
        .writes()
        .map(Scope::key)
        .orElseThrow(
            () ->
                new HttpError(
                    403, "Builds of forks and tags and triggered ones only read cache entries"));
  }

  private Reply show(Request request) {
    access.caller(request);
    String name = request.var("registry");
    UUID id = UUID.nameUUIDFromBytes(Json.bytes(name));
    return Reply.json(Map.of("uuid", id.toString(), "name", name, "store", "agent_managed"));
  }

  private Reply find(Request request) {
    String job = access.caller(request);
    Address wanted = request.json(Address.class);
    String key = wanted.text(false);
    Optional<Map<String, Object>> found =
        core.database()
            .read(
                tx -> {
                  List<Read> reads = rights(tx, job, request).reads();
                  Optional<Map<String, Object>> exact = newest(tx, "key", reads, key, false);
                  return exact.isPresent() || !wanted.mayFallBack()
                      ? exact
                      : newest(tx, "prefix", reads, wanted.text(true), true);
                });
    // The words an agent knows a miss by.
    return Reply.json(found.orElseThrow(() -> new HttpError(404, "Cache entry not found")));
  }

  /// Of the nearest scope that has some.
  private static Optional<Map<String, Object>> newest(
      Transaction tx, String column, List<Read> reads, String value, boolean fallback)
      throws SQLException {
    Optional<Map<String, Object>> found = Optional.empty();
    for (Read read : reads) {
      found = found.isPresent() ? found : newest(tx, column, read.scope().key(), value, fallback);
    }
    return found;
  }

  private static Optional<Map<String, Object>> newest(
      Transaction tx, String column, String scope, String value, boolean fallback)
      throws SQLException {
    return tx.one(
        "SELECT entry, created FROM cache_entries WHERE scope=? AND "
            + column
            + "=? AND committed=1 ORDER BY seq DESC LIMIT 1",
        row -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          Json.MAPPER
              .readTree(row.getString(1))
              .properties()
              .forEach(field -> entry.put(field.getKey(), field.getValue()));
          entry.put("store", "agent_managed");
          entry.put("fallback", fallback);
          entry.put("expires_at", Instant.ofEpochMilli(row.getLong(2)).plus(KEPT).toString());
          entry.put("multipart", false);
          entry.put("download_instructions", List.of());
          return entry;
        },
        scope,
        value);
  }

  private Reply store(Request request) {
    String job = access.running(request);
    Store store = request.json(Store.class);
    Address address = new Address(store.targetPaths, store.cacheKey);
    String key = address.text(false);
    String prefix = address.text(true);
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("target_paths", store.targetPaths);
    entry.put("cache_key", store.cacheKey);
    entry.put("blobs", Request.need(store.blobs, "blobs"));
    String upload = Core.id();
    core.database()
        .run(
            tx ->
                tx.update(
                    "INSERT INTO cache_entries (upload, scope, key, prefix, entry, committed,"
                        + " created) VALUES (?,?,?,?,?,0,?)",
                    upload,
                    own(tx, job, request),
                    key,
                    prefix,
                    Json.text(entry),
                    Core.now()));
    return Reply.json(
        Map.of("upload_id", upload, "multipart", false, "upload_instructions", List.of()));
  }

  /// The entry takes the place of older ones with its key; those nobody wants any more go.
  private Reply commit(Request request) {
    String job = access.running(request);
    String upload = Request.need(request.json(Commit.class).uploadId, "upload_id");
    core.database()
        .run(
            tx -> {
              String scope = own(tx, job, request);
              String key =
                  tx.one(
                          "SELECT key FROM cache_entries WHERE scope=? AND upload=?",
                          row -> row.getString(1),
                          scope,
                          upload)
                      .orElseThrow(() -> HttpError.notFound("Upload " + upload));
              tx.update("UPDATE cache_entries SET committed=1 WHERE upload=?", upload);
              tx.update(
                  "DELETE FROM cache_entries WHERE scope=? AND key=? AND committed=1 AND upload<>?",
                  scope,
                  key,
                  upload);
              tx.update("DELETE FROM cache_entries WHERE created<?", Core.now() - KEPT.toMillis());
            });
    return Reply.json(Map.of("message", "Committed"));
  }

  private Reply expire(Request request) {
    String job = access.running(request);
    String key = request.json(Address.class).text(false);
    core.database()
        .run(
            tx ->
                tx.update(
                    "DELETE FROM cache_entries WHERE scope=? AND key=?",
                    own(tx, job, request),
                    key));
    return Reply.done();
  }
}
