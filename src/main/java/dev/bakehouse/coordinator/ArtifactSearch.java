package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Glob;
import java.sql.SQLException;
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
        ? request.base() + "/artifacts/" + core.tokens().sign(Tokens.DOWNLOAD, artifact.id())
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

  private Reply download(Request request) {
    String id =
        core.tokens()
            .verify(Tokens.DOWNLOAD, request.var("token"))
            .orElseThrow(() -> new HttpError(401, "The link is not signed by this coordinator"));
    Artifact artifact =
        core.database()
            .read(tx -> Artifact.find(tx, id))
            .filter(files::has)
            .orElseThrow(() -> HttpError.notFound("Artifact"));
    return new Reply.Download(files.file(artifact), artifact.contentType(), Map.of());
  }
}
