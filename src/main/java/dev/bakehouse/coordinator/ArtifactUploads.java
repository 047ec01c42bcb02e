package dev.bakehouse.coordinator;

import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Artifacts on their way in: announced, sent as a form (3.78) or as a raw body (newer agents),
/// declared finished.
final class ArtifactUploads {
  private static final Pattern TYPE =
      Pattern.compile(
          "[\\w!#$&^.+-]{1,100}/[\\w!#$&^.+-]{1,100}(; ?[\\w.+-]{1,50}=[\\w.+-]{1,50})?");

  private final Core core;
  private final Access access;
  private final ArtifactFiles files;

  private record Announced(
      @Nullable String path,
      @Nullable String absolutePath,
      @Nullable String globPath,
      @Nullable Long fileSize,
      @Nullable String sha1sum,
      @Nullable String sha256sum,
      @Nullable String contentType,
      @Nullable String url) {}

  private record Batch(
      @Nullable String id,
      @Nullable List<Announced> artifacts,
      @Nullable String uploadDestination,
      @Nullable Boolean multipartSupported) {}

  private record Done(@Nullable String id, @Nullable String state) {}

  private record States(@Nullable List<Done> artifacts) {}

  ArtifactUploads(Core core, Access access, ArtifactFiles files) {
    this.core = core;
    this.access = access;
    this.files = files;
  }

  void routes(Router router) {
    router.add("POST", "/v3/jobs/:id/artifacts", this::announce);
    router.add("PUT", "/v3/jobs/:id/artifacts", this::states);
    router.add("POST", "/upload", this::form);
    router.add("PUT", "/upload/:token", this::raw);
  }

  private Reply announce(Request request) {
    String job = access.running(request);
    Batch batch = request.json(Batch.class);
    String name = Request.need(batch.id, "id");
    List<Announced> artifacts = Request.need(batch.artifacts, "artifacts");
    String destination = text(batch.uploadDestination);
    List<String> ids =
        core.database()
            .call(
                tx -> {
                  String build = Job.get(tx, job).build();
                  for (int place = 0; place < artifacts.size(); place++) {
                    insert(tx, build, job, name, place, artifacts.get(place), destination);
                  }
                  return tx.list(
                      "SELECT id FROM artifacts WHERE job=? AND batch=? ORDER BY place",
                      row -> row.getString(1),
                      job,
                      name);
                });
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", name);
    answer.put("artifact_ids", ids);
    answer.put(
        "upload_instructions",
        Map.of(
            "action",
            Map.of(
                "url", request.base(), "method", "POST", "path", "/upload", "file_input", "file"),
            "data",
            Map.of(
                "batch",
                core.tokens().sign(Tokens.UPLOAD, job + ":" + name),
                "path",
                "${artifact:path}")));
    if (Boolean.TRUE.equals(batch.multipartSupported)) {
      Map<String, Object> each = new LinkedHashMap<>();
      for (String id : ids) {
        String url = request.base() + "/upload/" + core.tokens().sign(Tokens.UPLOAD, id);
        each.put(
            id, Map.of("actions", List.of(Map.of("url", url, "method", "PUT", "part_number", 1))));
      }
      answer.put("per_artifact_instructions", each);
    }
    return Reply.json(answer);
  }

  private static void insert(
      Transaction tx,
      String build,
      String job,
      String batch,
      int place,
      Announced artifact,
      String destination)
      throws SQLException {
    long size = artifact.fileSize == null ? 0 : artifact.fileSize;
    if (size < 0 || size > ArtifactFiles.LIMIT) {
      throw new HttpError(413, "An artifact may have at most " + ArtifactFiles.LIMIT + " bytes");
    }
    tx.update(
        "INSERT INTO artifacts (id, batch, place, build, job, state, path, absolute_path, glob_path,"
            + " file_size, sha1sum, sha256sum, content_type, upload_destination, url, created)"
            + " VALUES (?,?,?,?,?,'new',?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        Core.id(),
        batch,
        place,
        build,
        job,
        Request.need(artifact.path, "path"),
        text(artifact.absolutePath),
        text(artifact.globPath),
        size,
        text(artifact.sha1sum),
        text(artifact.sha256sum),
        type(artifact.contentType),
        destination,
        text(artifact.url),
        Core.now());
  }

  /// The form names job and batch by a signed field, the artifact by its path.
  private Reply form(Request request) throws IOException {
    Multipart form = new Multipart(request.stream(), request.header("Content-Type").orElse(""));
    form.toFile();
    String[] owner =
        core.tokens()
            .verify(Tokens.UPLOAD, form.fields().getOrDefault("batch", ""))
            .orElseThrow(() -> new HttpError(401, "The form is not signed by this coordinator"))
            .split(":", 2);
    String path = form.fields().getOrDefault("path", "");
    Artifact artifact =
        core.database()
            .read(
                tx ->
                    tx.one(
                        "SELECT * FROM artifacts WHERE job=? AND batch=? AND path=?",
                        Artifact::row,
                        owner[0],
                        owner.length > 1 ? owner[1] : "",
                        path))
            .orElseThrow(() -> HttpError.notFound("Artifact " + path));
    fresh(artifact);
    files.store(artifact, out -> form.copy(out, artifact.fileSize()));
    return Reply.done();
  }

  private Reply raw(Request request) throws IOException {
    String id =
        core.tokens()
            .verify(Tokens.UPLOAD, request.var("token"))
            .orElseThrow(() -> new HttpError(401, "The link is not signed by this coordinator"));
    Artifact artifact =
        core.database()
            .read(tx -> Artifact.find(tx, id))
            .orElseThrow(() -> HttpError.notFound("Artifact"));
    fresh(artifact);
    String sum = files.store(artifact, out -> limited(request, artifact, out));
    return new Reply.Body(200, "text/plain", new byte[0], Map.of("ETag", "\"" + sum + "\""));
  }

  /// What others may have read already stays as it is.
  private static void fresh(Artifact artifact) {
    if (!artifact.here()) {
      throw new HttpError(409, "The artifact lies elsewhere: at " + artifact.uploadDestination());
    }
    if (!artifact.state().equals("new")) {
      throw new HttpError(409, "The artifact is " + artifact.state() + " already");
    }
  }

  private static void limited(Request request, Artifact artifact, java.io.OutputStream out)
      throws IOException {
    byte[] buffer = new byte[64 << 10];
    long size = 0;
    int count = request.stream().read(buffer);
    while (count >= 0) {
      size += count;
      if (size > artifact.fileSize()) {
        throw new HttpError(413, "More came than was announced");
      }
      out.write(buffer, 0, count);
      count = request.stream().read(buffer);
    }
  }

  private Reply states(Request request) {
    String job = access.running(request);
    List<Done> all = Request.need(request.json(States.class).artifacts, "artifacts");
    core.database()
        .run(
            tx -> {
              for (Done done : all) {
                state(tx, job, Request.need(done.id, "id"), Request.need(done.state, "state"));
              }
            });
    return Reply.done();
  }

  private void state(Transaction tx, String job, String id, String state) throws SQLException {
    Artifact artifact =
        Artifact.find(tx, id)
            .filter(a -> a.job().equals(job))
            .orElseThrow(() -> HttpError.notFound("Artifact " + id));
    if (!Set.of("finished", "error").contains(state)) {
      throw new HttpError(400, "`state` must be finished or error");
    }
    if (state.equals("finished") && artifact.here() && !files.has(artifact)) {
      throw new HttpError(422, "The bytes of " + artifact.path() + " did not come");
    }
    tx.update("UPDATE artifacts SET state=? WHERE id=?", state, id);
  }

  /// A type as it may stand in a header; anything else is just bytes.
  private static String type(@Nullable String type) {
    return type != null && TYPE.matcher(type).matches() ? type : "application/octet-stream";
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
