package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Glob;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Finding and sending out artifacts.
final class ArtifactSearch {
  private static final int LONGEST = 2048;

  /// An agent asks for all links first and then downloads one after the other.
  private static final Duration LINK = Duration.ofDays(1);

  private final Core core;
  private final Access access;
  private final ArtifactFiles files;

  ArtifactSearch(Core core, Access access, ArtifactFiles files) {
    this.core = core;
    this.access = access;
    this.files = files;
  }

  void routes(Router router) {
    router.add("GET", "/v3/builds/:id/artifacts/search", this::search);
    router.add("GET", "/artifacts/:token", this::download);
  }

  private Reply search(Request request) {
    Optional<String> build = access.buildOfPipeline(request);
    if (build.isEmpty()) {
      return Reply.json(List.of());
    }
    String query = request.asked("query").orElse("**");
    if (query.length() > LONGEST) {
      throw new HttpError(400, "The query is longer than " + LONGEST + " characters");
    }
    List<Glob> patterns = Glob.patterns(query);
    String scope = request.asked("scope").orElse("");
    boolean retried = request.asked("include_retried_jobs").filter("true"::equals).isPresent();
    boolean all = request.asked("include_duplicates").filter("true"::equals).isPresent();
    String state = request.asked("state").orElse("finished");
    List<Artifact> found =
        core.database().read(tx -> ofBuild(tx, build.get(), scope, retried, state)).stream()
            .filter(a -> Glob.matches(patterns, a.path()))
            .toList();
    return Reply.json(
        (all ? found : newest(found)).stream().map(a -> a.wire(link(request, a))).toList());
  }

  String link(Request request, Artifact artifact) {
    return artifact.here()
        ? request.base() + "/artifacts/" + core.tokens().sign(Tokens.DOWNLOAD, until(artifact.id()))
        : artifact.url();
  }

  /// Newest first.
  ///
  /// @param scope empty, or a step's key or label, or the id of a job or step
  static List<Artifact> ofBuild(
      Transaction tx, String build, String scope, boolean retried, String state)
      throws SQLException {
    Map<String, Set<String>> names = new HashMap<>();
    Set<String> old = new HashSet<>();
    Map<String, StepRow> steps = new HashMap<>();
    StepRow.ofBuild(tx, build).forEach(step -> steps.put(step.id(), step));
    for (Job job : Job.ofBuild(tx, build)) {
      Set<String> words = new HashSet<>(Set.of(job.id(), job.step()));
      StepRow step = steps.get(job.step());
      if (step != null) {
        words.add(step.key() == null ? "" : step.key());
        words.add(step.label() == null ? "" : step.label());
      }
      names.put(job.id(), words);
      if (job.retriedIn() != null) {
        old.add(job.id());
      }
    }
    return tx
        .list(
            "SELECT * FROM artifacts WHERE build=? AND state=? ORDER BY seq DESC",
            Artifact::row,
            build,
            state)
        .stream()
        .filter(a -> scope.isEmpty() || names.getOrDefault(a.job(), Set.of()).contains(scope))
        .filter(a -> retried || !old.contains(a.job()) || scope.equals(a.job()))
        .toList();
  }

  /// One for each path.
  private static List<Artifact> newest(List<Artifact> artifacts) {
    Set<String> paths = new HashSet<>();
    List<Artifact> kept = new ArrayList<>();
    for (Artifact artifact : artifacts) {
      if (paths.add(artifact.path())) {
        kept.add(artifact);
      }
    }
    return kept;
  }

  /// An artifact's id, and when the link to it ends: browsers keep addresses.
  private static String until(String id) {
    return id + "." + (Core.now() + LINK.toMillis());
  }

  private Reply download(Request request) {
    String signed =
        core.tokens()
            .verify(Tokens.DOWNLOAD, request.var("token"))
            .orElseThrow(() -> new HttpError(401, "The link is not signed by this coordinator"));
    int dot = signed.indexOf('.');
    String id = signed.substring(0, Math.max(0, dot));
    if (dot < 0 || Long.parseLong(signed.substring(dot + 1)) < Core.now()) {
      throw new HttpError(401, "The link is too old; ask for the artifact again");
    }
    Artifact artifact =
        core.database()
            .read(tx -> Artifact.find(tx, id))
            .filter(files::has)
            .orElseThrow(() -> HttpError.notFound("Artifact"));
    // What a job left must not run as a page of ours, whoever opens the link.
    return new Reply.Download(
        files.file(artifact),
        artifact.contentType().matches("[\\x20-\\x7e]+")
            ? artifact.contentType()
            : "application/octet-stream",
        Map.of(
            "Content-Disposition",
            "attachment; filename*=UTF-8''" + fileName(artifact),
            "Content-Security-Policy",
            "sandbox; default-src 'none'"));
  }

  private static String fileName(Artifact artifact) {
    String path = artifact.path();
    String name = path.substring(path.lastIndexOf('/') + 1);
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
