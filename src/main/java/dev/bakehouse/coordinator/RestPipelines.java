package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Pipeline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `/v2`: the organization and its pipelines.
final class RestPipelines {
  private static final String PIPELINES = RestAccess.ROOT + "/pipelines";

  /// It becomes part of addresses and of names of files.
  private static final Pattern SLUG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private final Core core;
  private final RestAccess access;

  private record NewPipeline(
      @Nullable String name,
      @Nullable String slug,
      @Nullable String repository,
      @Nullable String defaultBranch,
      @Nullable String configuration) {}

  RestPipelines(Core core, RestAccess access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    access.add(router, "GET", RestAccess.ROOT, ApiScope.READ_ORGANIZATIONS, this::organization);
    access.add(router, "GET", PIPELINES, ApiScope.READ_PIPELINES, this::list);
    access.add(router, "POST", PIPELINES, ApiScope.WRITE_PIPELINES, this::define);
    access.add(router, "GET", PIPELINES + "/:pipeline", ApiScope.READ_PIPELINES, this::show);
  }

  private Reply organization(Request request, RestViews views) {
    String slug = core.config().organization();
    return Reply.json(Map.of("slug", slug, "name", slug, "url", views.base()));
  }

  private Reply list(Request request, RestViews views) {
    RestPage page = RestPage.of(request);
    return page.reply(
        core.database()
            .read(
                tx ->
                    tx.list(
                        "SELECT * FROM pipelines ORDER BY slug LIMIT ? OFFSET ?",
                        row -> pipeline(row, views),
                        page.window().toArray())));
  }

  private Reply show(Request request, RestViews views) {
    return Reply.json(get(request.var("pipeline"), views));
  }

  private Map<String, Object> get(String slug, RestViews views) {
    return core.database()
        .read(
            tx -> tx.one("SELECT * FROM pipelines WHERE slug=?", row -> pipeline(row, views), slug))
        .orElseThrow(() -> RestAccess.missing("pipeline"));
  }

  private static Map<String, Object> pipeline(ResultSet row, RestViews views) throws SQLException {
    String url = views.base() + "/pipelines/" + row.getString("slug");
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", row.getString("id"));
    all.put("slug", row.getString("slug"));
    all.put("name", row.getString("name"));
    all.put("url", url);
    all.put("builds_url", url + "/builds");
    all.put("repository", row.getString("repository"));
    all.put("default_branch", row.getString("default_branch"));
    all.put("configuration", row.getString("configuration"));
    return all;
  }

  /// Makes a pipeline, or replaces the one of that slug.
  private Reply define(Request request, RestViews views) {
    NewPipeline wanted = request.json(NewPipeline.class);
    String name = Request.need(wanted.name, "name");
    String made = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String slug = wanted.slug == null ? made : wanted.slug;
    if (!SLUG.matcher(slug).matches()) {
      throw new HttpError(422, "A slug is of letters, digits, `-`, `_` and `.`, 100 at most");
    }
    String configuration = Request.need(wanted.configuration, "configuration");
    String repository = Request.need(wanted.repository, "repository");
    Pipeline.parse("configuration", configuration);
    core.database()
        .run(
            tx -> {
              tx.update("DELETE FROM pipelines WHERE slug=?", slug);
              String branch = wanted.defaultBranch == null ? "main" : wanted.defaultBranch;
              Builds.definePipeline(tx, slug, repository, branch, configuration);
            });
    return Reply.json(201, get(slug, views));
  }
}
