package dev.bakehouse.store.buildkite;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.store.Upload;
import dev.bakehouse.store.buildkite.ArtifactStore.OwnJob;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/// A file in a private directory, until the agent sends it under the path that its key gives.
final class ArtifactUpload implements Upload {
  private final ArtifactStore store;
  private final OwnJob job;
  private final Path dir;
  private final Path file;
  private final OutputStream stream;

  ArtifactUpload(ArtifactStore store, OwnJob job) throws IOException {
    this.store = store;
    this.job = job;
    this.dir = Files.createTempDirectory(store.directory(), "upload");
    this.file = dir.resolve("blob");
    this.stream = new BufferedOutputStream(Files.newOutputStream(file), 1 << 17);
  }

  @Override
  public OutputStream stream() {
    return stream;
  }

  @Override
  public void publish(String key) throws IOException {
    ArtifactStore.check(key);
    insistOnOwn(key);
    stream.close();
    if (Shelves.named(key).isPresent()) {
      // No two have one name: what a job replaces, others can not fetch by its name any more.
      String path = Shelves.catalogue(job.id(), UUID.randomUUID().toString().substring(0, 8));
      Path place = dir.resolve(path);
      Files.createDirectories(place.getParent());
      Files.write(place, store.catalogue().bytes());
      job.agent().upload(dir, path);
    }
    Path place = dir.resolve(Shelves.TOP + key);
    Files.createDirectories(place.getParent());
    Files.move(file, place);
    job.agent().upload(dir, Shelves.TOP + key);
    store.published();
  }

  @Override
  public void close() throws IOException {
    stream.close();
    Directories.delete(dir);
  }

  /// Nobody would look for another build's blob here.
  private void insistOnOwn(String key) throws IOException {
    if (!Shelves.named(key).orElse(job.build()).equals(job.build())) {
      throw new IOException(
          "Could not publish " + key + ": a job writes to its own build only. Save in that build.");
    }
  }
}
