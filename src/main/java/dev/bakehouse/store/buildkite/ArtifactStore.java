package dev.bakehouse.store.buildkite;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Keys;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `buildkite:`: a blob is the artifact `bakehouse-cache/KEY` of the build that published it.
///
/// Only a running job publishes, and only into its own build. Nothing is deleted: Buildkite lets
/// artifacts expire by their own age. So [#touch] sends a blob again when it is past half of that,
/// and else notes where it lies, for the catalogue that goes before every blob that names its
/// build.
public final class ArtifactStore implements BlobStore {
  private final Optional<OwnJob> job;
  private final Duration retention;
  private final Clock clock;
  private final Downloads downloads;
  private final Shelves shelves;
  private final Map<String, Artifact> reliedUpon = new LinkedHashMap<>();

  /// The job that publishes.
  public record OwnJob(String build, String id, AgentArtifacts agent) {}

  /// @param job empty outside a job: blobs can be read then
  /// @param retention how long artifacts are kept, by Buildkite's plan
  /// @param scratch where its processes lay down what they send and fetch
  public ArtifactStore(
      Artifacts artifacts,
      Builds builds,
      Optional<OwnJob> job,
      Duration retention,
      Path scratch,
      Clock clock) {
    this.job = job;
    this.retention = retention;
    this.clock = clock;
    this.downloads = new Downloads(artifacts, scratch);
    this.shelves = new Shelves(artifacts, downloads, builds, job.map(OwnJob::build).orElse(""));
  }

  @Override
  public String url() {
    return "buildkite:";
  }

  @Override
  public Upload upload() throws IOException {
    return new ArtifactUpload(
        this,
        job.orElseThrow(
            () ->
                new UserError(
                    "Buildkite takes artifacts only from a running job, and this is none",
                    "Save in a job, or name another store: dir:PATH or s3://BUCKET/PREFIX.")));
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    Optional<Artifact> at = locate(key);
    at.ifPresent(there -> reliesOn(key, there));
    return at.map(there -> info(key, there));
  }

  /// The bytes are fetched whole, for that is what an agent does, and kept for the next reader.
  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    Optional<Artifact> at = locate(key);
    if (at.isEmpty()) {
      return Optional.empty();
    }
    reliesOn(key, at.get());
    return Optional.of(downloads.open(at.get()));
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    List<BlobInfo> all = new ArrayList<>();
    shelves
        .below(prefix.isEmpty() ? "" : check(prefix))
        .forEach((key, at) -> all.add(info(key, at)));
    return all;
  }

  @Override
  public boolean delete(String key) {
    check(key);
    return false;
  }

  @Override
  public boolean deletes() {
    return false;
  }

  @Override
  public void touch(String key) throws IOException {
    Optional<Artifact> at = locate(key);
    if (at.isEmpty() || job.isEmpty()) {
      return;
    }
    Instant old = clock.instant().minus(retention.dividedBy(2));
    if (at.get().created().isBefore(old)) {
      sendAgain(key, at.get());
    } else {
      reliesOn(key, at.get());
    }
  }

  @Override
  public int deleteAbandoned(Instant before) {
    return 0;
  }

  private void sendAgain(String key, Artifact old) throws IOException {
    try (Upload upload = upload();
        SeekableByteChannel bytes = downloads.open(old)) {
      Channels.newInputStream(bytes).transferTo(upload.stream());
      upload.publish(key);
    }
  }

  private void reliesOn(String key, Artifact at) {
    if (Shelves.named(key).isEmpty()) {
      synchronized (reliedUpon) {
        reliedUpon.put(key, at);
      }
    }
  }

  Optional<Artifact> locate(String key) throws IOException {
    return shelves.locate(check(key));
  }

  Path directory() throws IOException {
    return downloads.directory();
  }

  void published() {
    shelves.changed();
  }

  /// What must be known where, before a blob that names its build is seen.
  Catalogue catalogue() throws IOException {
    Map<String, Artifact> all = new LinkedHashMap<>();
    synchronized (reliedUpon) {
      all.putAll(reliedUpon);
    }
    shelves.changed();
    all.putAll(shelves.own());
    List<Catalogue.Place> places = new ArrayList<>();
    all.forEach(
        (key, at) -> {
          if (Shelves.named(key).isEmpty() && !Shelves.isCatalogue(key)) {
            places.add(Catalogue.Place.of(key, at));
          }
        });
    return new Catalogue(Catalogue.VERSION, places);
  }

  private static BlobInfo info(String key, Artifact at) {
    return new BlobInfo(key, at.size(), at.created().truncatedTo(ChronoUnit.SECONDS), at.id());
  }

  static String check(String key) {
    if (!Keys.valid(key)) {
      throw new IllegalArgumentException("not a key of a blob: " + key);
    }
    return key;
  }
}
