package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Pipeline;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/v2`: pipelines and builds.
final class RestBuilds {
  private static final String ROOT = "/v2/organizations/:org";
  private static final String BUILDS = ROOT + "/pipelines/:pipeline/builds";

  private final Core core;
  private final RestAccess access;
  private final Builds builds;
  private final Lifecycle lifecycle;

  private record NewPipeline(
      @Nullable String name,
      @Nullable String slug,
      @Nullable String repository,
      @Nullable String defaultBranch,
      @Nullable String configuration) {}

  private record NewBuild(
      @Nullable String commit,
      @Nullable String branch,
      @Nullable String message,
      @Nullable Map<String, String> env,
      @Nullable Map<String, String> metaData,
      @Nullable Integer pullRequestId,
      @Nullable String pullRequestBaseBranch,
      @Nullable String pullRequestRepository) {
    /// The environment of every job, the pull request in it.
    Map<String, String> environment() {
      Map<String, String> all = new LinkedHashMap<>(env == null ? Map.of() : env);
      if (pullRequestId != null) {
        all.putAll(
            PullRequest.variables(
                new PullRequest(
                    String.valueOf(pullRequestId),
                    pullRequestBaseBranch == null ? "" : pullRequestBaseBranch,
                    pullRequestRepository == null ? "" : pullRequestRepository)));
      }
      return all;
    }
  }

  private record Definition(String repository, String branch, String configuration) {}

  RestBuilds(Core core, RestAccess access, Builds builds, Lifecycle lifecycle) {
    this.core = core;
    this.access = access;
    this.builds = builds;
    this.lifecycle = lifecycle;
  }

  void routes(Router router) {
    router.add("GET", ROOT + "/pipelines", this::pipelines);
    router.add("POST", ROOT + "/pipelines", this::newPipeline);
    router.add("GET", ROOT + "/builds", this::list);
    router.add("GET", BUILDS, this::list);
    router.add("POST", BUILDS, this::create);
    router.add("GET", BUILDS + "/:number", this::get);
    router.add("PUT", BUILDS + "/:number/cancel", this::cancel);
    router.add("GET", BUILDS + "/:number/annotations", this::annotations);
  }

  private Reply pipelines(Request request) {
    RestViews views = access.views(request);
    return Reply.json(
        core.database()
            .call(
                tx ->
                    tx.list(
                        "SELECT * FROM pipelines ORDER BY slug",
                        row -> {
                          Map<String, Object> all = new LinkedHashMap<>();
                          all.put("id", row.getString("id"));
                          all.put("slug", row.getString("slug"));
                          all.put("name", row.getString("name"));
                          all.put("url", views.base() + "/pipelines/" + row.getString("slug"));
                          all.put("repository", row.getString("repository"));
                          all.put("default_branch", row.getString("default_branch"));
                          all.put("configuration", row.getString("configuration"));
                          return all;
                        })));
  }

  private Reply newPipeline(Request request) {
    access.views(request);
    NewPipeline wanted = request.json(NewPipeline.class);
    String name = Request.need(wanted.name, "name");
    String made = name.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String slug = wanted.slug == null ? made : wanted.slug;
    String configuration = Request.need(wanted.configuration, "configuration");
    Pipeline.parse("configuration", configuration);
    core.database()
        .run(
            tx -> {
              tx.update("DELETE FROM pipelines WHERE slug=?", slug);
              Builds.definePipeline(
                  tx,
                  slug,
                  Request.need(wanted.repository, "repository"),
                  wanted.defaultBranch == null ? "main" : wanted.defaultBranch,
                  configuration);
            });
    return Reply.json(201, Map.of("slug", slug, "name", name));
  }

  private Reply create(Request request) {
    RestViews views = access.views(request);
    NewBuild wanted = request.json(NewBuild.class);
    String slug = request.var("pipeline");
    Definition pipeline =
        core.database()
            .call(
                tx ->
                    tx.one(
                        "SELECT * FROM pipelines WHERE slug=?",
                        row ->
                            new Definition(
                                row.getString("repository"),
                                row.getString("default_branch"),
                                row.getString("configuration")),
                        slug))
            .orElseThrow(() -> HttpError.notFound("Pipeline " + slug));
    if (pipeline.configuration.isEmpty()) {
      throw new HttpError(422, "The pipeline " + slug + " has no steps of its own");
    }
    BuildRequest build =
        new BuildRequest(
            slug,
            pipeline.repository,
            wanted.commit == null ? "HEAD" : wanted.commit,
            wanted.branch == null ? pipeline.branch : wanted.branch,
            wanted.message == null ? "" : wanted.message,
            wanted.environment());
    Pipeline steps = Pipeline.parse(slug, pipeline.configuration);
    BuildView view =
        core.database()
            .call(
                tx -> {
                  String id = builds.create(tx, build, steps, "api");
                  Map<String, String> data = wanted.metaData == null ? Map.of() : wanted.metaData;
                  for (var entry : data.entrySet()) {
                    tx.update(
                        "INSERT INTO metadata VALUES (?,?,?)",
                        id,
                        entry.getKey(),
                        entry.getValue());
                  }
                  return Views.build(tx, id);
                });
    return Reply.json(201, views.build(view));
  }

  /// Newest first, by `branch`, `commit`, `state` (each may stand several times as `state[]`).
  private Reply list(Request request) {
    RestViews views = access.views(request);
    StringBuilder sql = new StringBuilder("SELECT id FROM builds WHERE 1=1");
    List<@Nullable Object> values = new ArrayList<>();
    filter(sql, values, "pipeline", request.path().get("pipeline"));
    filter(sql, values, "branch", request.query().get("branch"));
    filter(sql, values, "sha", request.query().get("commit"));
    String state = request.query().get("state");
    if ("finished".equals(state)) {
      sql.append(" AND finished IS NOT NULL");
    } else {
      filter(sql, values, "state", state);
    }
    int size = Math.clamp(number(request, "per_page", 30), 1, 100);
    int page = Math.max(1, number(request, "page", 1));
    sql.append(" ORDER BY seq DESC LIMIT ? OFFSET ?");
    values.add(size + 1);
    values.add((page - 1) * size);
    List<BuildView> found = core.database().read(tx -> views(tx, sql.toString(), values));
    boolean more = found.size() > size;
    byte[] body = Json.bytes(found.stream().limit(size).map(views::build).toList());
    Map<String, String> headers =
        more ? Map.of("Link", "<" + next(request, page + 1) + ">; rel=\"next\"") : Map.of();
    return new Reply.Body(200, "application/json", body, headers);
  }

  private static List<BuildView> views(Transaction tx, String sql, List<@Nullable Object> values)
      throws SQLException {
    List<BuildView> all = new ArrayList<>();
    for (String id : tx.list(sql, row -> row.getString(1), values.toArray())) {
      all.add(Views.build(tx, id));
    }
    return all;
  }

  private static void filter(
      StringBuilder sql, List<@Nullable Object> values, String column, @Nullable String wanted) {
    if (wanted != null) {
      sql.append(" AND ").append(column).append("=?");
      values.add(wanted);
    }
  }

  private static String next(Request request, int page) {
    StringBuilder url =
        new StringBuilder(request.base() + request.exchange().getRequestURI().getRawPath() + "?");
    request
        .query()
        .forEach(
            (name, value) -> {
              if (!name.equals("page")) {
                url.append(escape(name)).append('=').append(escape(value)).append('&');
              }
            });
    return url.append("page=").append(page).toString();
  }

  private static String escape(String text) {
    return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
  }

  private static int number(Request request, String name, int fallback) {
    try {
      return request.asked(name).map(Integer::parseInt).orElse(fallback);
    } catch (NumberFormatException e) {
      throw new HttpError(400, "`" + name + "` must be a number");
    }
  }

  private Reply get(Request request) {
    return Reply.json(access.views(request).build(access.build(request)));
  }

  private Reply cancel(Request request) {
    RestViews views = access.views(request);
    String id = access.build(request).id();
    return Reply.json(
        views.build(
            core.database()
                .call(
                    tx -> {
                      lifecycle.cancelBuild(tx, id);
                      return Views.build(tx, id);
                    })));
  }

  private Reply annotations(Request request) {
    access.views(request);
    String id = access.build(request).id();
    return Reply.json(core.database().call(tx -> Annotations.ofBuild(tx, id)));
  }
}
