package dev.bakehouse.coordinator;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Lets the artifacts of builds that have ended expire, whole or not: their bytes go, what is known
/// of them stays, as Buildkite does it (https://buildkite.com/docs/pipelines/configure/artifacts).
final class Retention implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Retention.class.getName());
  private static final Duration EVERY = Duration.ofHours(1);

  /// In one transaction: others write meanwhile.
  private static final int SOME = 500;

  private final Core core;
  private final ArtifactFiles files;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coordinator-retention").factory());

  /// Begins, unless artifacts are kept for ever.
  Retention(Core core, ArtifactFiles files) {
    this.core = core;
    this.files = files;
    if (core.config().keepArtifacts().isPositive()) {
      clock.scheduleWithFixedDelay(this::pass, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void pass() {
    try {
      long before = Core.now() - core.config().keepArtifacts().toMillis();
      List<Artifact> old = old(before);
      while (!old.isEmpty()) {
        expire(old);
        old = old.size() < SOME ? List.of() : old(before);
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.log(Level.ERROR, "Old artifacts were not all deleted; it is tried again", e);
    }
  }

  private List<Artifact> old(long before) {
    return core.database()
        .read(
            tx ->
                tx.list(
                    "SELECT a.* FROM artifacts AS a JOIN builds AS b ON b.id=a.build WHERE"
                        + " a.state IN ('new', 'error', 'finished') AND a.upload_destination='' AND"
                        + " a.created<? AND"
                        + " b.finished IS NOT NULL LIMIT "
                        + SOME,
                    Artifact::row,
                    before));
  }

  /// The bytes first: killed in between, the next pass does the rest.
  private void expire(List<Artifact> old) throws IOException {
    for (Artifact artifact : old) {
      Files.deleteIfExists(files.file(artifact));
    }
    core.database().run(tx -> mark(tx, old));
    LOG.log(Level.INFO, "{0} artifacts expired", old.size());
  }

  private static void mark(Transaction tx, List<Artifact> old) throws SQLException {
    for (Artifact artifact : old) {
      tx.update("UPDATE artifacts SET state='expired' WHERE id=?", artifact.id());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
