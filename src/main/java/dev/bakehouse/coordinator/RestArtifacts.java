package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/v2`: artifacts.
final class RestArtifacts {
  private static final Set<String> STATES =
      Set.of("new", "error", "finished", "deleted", "expired");

  private final Core core;
  private final RestAccess access;
  private final ArtifactSearch artifacts;

  RestArtifacts(Core core, RestAccess access, ArtifactSearch artifacts) {
    this.core = core;
    this.access = access;
    this.artifacts = artifacts;
  }

  void routes(Router router) {
    ApiScope scope = ApiScope.READ_ARTIFACTS;
    String ofBuild = RestAccess.BUILD + "/artifacts";
    access.add(router, "GET", ofBuild, scope, this::ofBuild);
    access.addJob(router, "GET", "/artifacts", scope, this::ofJob);
    access.add(router, "GET", ofBuild + "/:artifact", scope, this::show);
    access.addJob(router, "GET", "/artifacts/:artifact", scope, this::showOfJob);
    access.add(router, "GET", ofBuild + "/:artifact/download", scope, this::download);
    access.addJob(router, "GET", "/artifacts/:artifact/download", scope, this::downloadOfJob);
  }

  private Reply ofBuild(Request request, RestViews views) {
    return list(request, views, access.build(request), null);
  }

  private Reply ofJob(Request request, RestViews views, Job job) {
    return list(request, views, build(job), job.id());
  }

  /// Newest first, by `state` and `path`, in which `*` stands for anything.
  private Reply list(Request request, RestViews views, Build build, @Nullable String job) {
    RestPage page = RestPage.of(request);
    String state = request.asked("state").orElse(null);
    if (state != null && !STATES.contains(state)) {
      throw new HttpError(422, "`" + state + "` is no state of an artifact");
    }
    String path =
        request.asked("path").map(p -> p.replace("[", "[[]").replace("?", "[?]")).orElse(null);
    return page.reply(
        core.database().read(tx -> found(tx, build.id(), job, state, path, page)).stream()
            .map(a -> views.artifact(build, a))
            .toList());
  }

  private static List<Artifact> found(
      Transaction tx,
      String build,
      @Nullable String job,
      @Nullable String state,
      @Nullable String path,
      RestPage page)
      throws SQLException {
    return tx.list(
        "SELECT * FROM artifacts WHERE build=?1 AND (?2 IS NULL OR job=?2)"
            + " AND (?3 IS NULL OR state=?3) AND (?4 IS NULL OR path GLOB ?4)"
            + " ORDER BY seq DESC LIMIT ?5 OFFSET ?6",
        Artifact::row,
        build,
        job,
        state,
        path,
        page.window().getFirst(),
        page.window().getLast());
  }

  private Reply show(Request request, RestViews views) {
    Build build = access.build(request);
    return Reply.json(views.artifact(build, artifact(request, build.id(), null)));
  }

  private Reply showOfJob(Request request, RestViews views, Job job) {
    return Reply.json(views.artifact(build(job), artifact(request, job.build(), job.id())));
  }

  private Reply download(Request request, RestViews views) {
    return redirect(request, artifact(request, access.build(request).id(), null));
  }

  private Reply downloadOfJob(Request request, RestViews views, Job job) {
    return redirect(request, artifact(request, job.build(), job.id()));
  }

  private Reply redirect(Request request, Artifact artifact) {
    String link = artifacts.link(request, artifact);
    if (request.asked("redirect").filter("false"::equals).isPresent()) {
      return Reply.json(Map.of("url", link));
    }
    return new Reply.Body(
        302, "application/json", Json.bytes(Map.of("url", link)), Map.of("Location", link));
  }

  private Artifact artifact(Request request, String build, @Nullable String job) {
    Optional<Artifact> found =
        core.database().read(tx -> Artifact.find(tx, request.var("artifact")));
    return found
        .filter(a -> a.build().equals(build) && (job == null || job.equals(a.job())))
        .orElseThrow(() -> RestAccess.missing("artifact"));
  }

  private Build build(Job job) {
    return core.database().read(tx -> Build.get(tx, job.build()));
  }
}
