package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.RestViews.Part;
import dev.bakehouse.pipeline.Pipeline;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// `/v2`: builds.
final class RestBuilds {
  private final Core core;
  private final RestAccess access;
  private final Builds builds;
  private final BuildControl control;

  private record NewBuild(
      @Nullable JsonNode commit,
      @Nullable JsonNode branch,
      @Nullable String message,
      @Nullable Map<String, String> env,
      @Nullable Map<String, String> metaData,
      @Nullable Integer pullRequestId,
      @Nullable String pullRequestBaseBranch,
      @Nullable String pullRequestRepository) {
    /// The environment of every job, the pull request in it.
    Map<String, String> environment() {
      Map<String, String> all = new LinkedHashMap<>(strings(env, "env"));
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

    /// `commit` or `branch`: without them a build would be of something else than was meant.
    private static String word(@Nullable JsonNode value, String field) {
      if (value == null || value.isNull()) {
        throw BuildCheck.missing(field);
      }
      if (!value.isString()) {
        throw new HttpError(422, "`" + field + "` must be a text");
      }
      return value.asString();
    }
  }

  RestBuilds(Core core, RestAccess access, Builds builds, BuildControl control) {
    this.core = core;
    this.access = access;
    this.builds = builds;
    this.control = control;
  }

  void routes(Router router) {
    String one = RestAccess.BUILD;
    access.add(router, "GET", RestAccess.ROOT + "/builds", ApiScope.READ_BUILDS, this::list);
    access.add(router, "GET", RestAccess.BUILDS, ApiScope.READ_BUILDS, this::list);
    access.add(router, "POST", RestAccess.BUILDS, ApiScope.WRITE_BUILDS, this::create);
    access.add(router, "GET", one, ApiScope.READ_BUILDS, this::get);
    access.add(router, "PUT", one + "/cancel", ApiScope.WRITE_BUILDS, this::cancel);
    access.add(router, "PUT", one + "/rebuild", ApiScope.WRITE_BUILDS, this::rebuild);
    access.add(router, "GET", one + "/annotations", ApiScope.READ_BUILDS, this::annotations);
  }

  private Reply create(Request request, RestViews views) {
    NewBuild wanted = request.json(NewBuild.class);
    String slug = request.var("pipeline");
    Map<String, String> env = wanted.environment();
    Map<String, String> data = strings(wanted.metaData, "meta_data");
    BuildControl.Definition pipeline =
        core.database().read(tx -> BuildControl.Definition.get(tx, slug));
    BuildCheck.texts("meta_data", data);
    BuildRequest build =
        BuildCheck.checked(
            new BuildRequest(
                slug,
                pipeline.repository(),
                NewBuild.word(wanted.commit, "commit"),
                NewBuild.word(wanted.branch, "branch"),
                wanted.message == null ? "" : wanted.message,
                env));
    Pipeline steps = Pipeline.parse(slug, pipeline.configuration());
    BuildView view =
        core.database()
            .call(
                tx -> {
                  String id = builds.create(tx, build, steps, "api");
                  builds.answer(tx, id, data);
                  return Views.build(tx, id);
                });
    return Reply.json(201, views.build(view, RestViews.ALL));
  }

  private static Map<String, String> strings(@Nullable Map<String, String> given, String name) {
    Map<String, String> all = given == null ? Map.of() : given;
    all.forEach((key, value) -> Request.need(value, name + "[" + key + "]"));
    return all;
  }

  /// Newest first.
  private Reply list(Request request, RestViews views) {
    RestPage page = RestPage.of(request);
    RestBuildQuery query = new RestBuildQuery(request, page);
    if (request.path().containsKey("pipeline")) {
      access.pipeline(request);
    }
    Part part = Part.of(request);
    // Each build by itself: agents are answered meanwhile.
    return page.reply(
        core.database().read(query::ids),
        id -> views.build(core.database().read(tx -> Views.build(tx, id, part.jobs())), part));
  }

  private Reply get(Request request, RestViews views) {
    Build build = access.build(request);
    return shown(views, build.id(), Part.of(request));
  }

  private Reply shown(RestViews views, String id, Part part) {
    BuildView view = core.database().read(tx -> Views.build(tx, id, part.jobs()));
    return Reply.json(views.build(view, part));
  }

  private Reply cancel(Request request, RestViews views) {
    String id = access.build(request).id();
    core.database().run(tx -> control.cancel(tx, Build.get(tx, id)));
    return shown(views, id, RestViews.ALL);
  }

  private Reply rebuild(Request request, RestViews views) {
    Build build = access.build(request);
    String id = core.database().call(tx -> control.rebuild(tx, build));
    return Reply.json(
        201, views.build(core.database().read(tx -> Views.build(tx, id)), RestViews.ALL));
  }

  private Reply annotations(Request request, RestViews views) {
    RestPage page = RestPage.of(request);
    String id = access.build(request).id();
    String scope = request.asked("scope").orElse("build");
    return page.reply(
        core.database().read(tx -> Annotations.ofBuild(tx, id, scope, page)),
        Annotations::rendered);
  }
}
