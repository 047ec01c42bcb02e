package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.snapshot.Tree;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The server that start-up caches are recorded with (`scripts/build.sh`) answers all that a save
/// and a restore ask: where it did not, the recording would end half-way, and nobody would see more
/// than a slow start.
class TrainingS3Test {
  private static final Scope SCOPE = Scope.parse("build/start", "linux-x64-release");
  private static final Kind KIND = Kind.directory("start", "start");

  @TempDir Path dir;

  @Test
  void aTreeIsSavedToItAndRestored() throws Exception {
    Path tree = Tree.odd(dir.resolve("tree"));
    Path java = Path.of(System.getProperty("java.home"), "bin/java");
    Process server =
        new ProcessBuilder(java.toString(), "scripts/TrainingS3.java")
            .redirectErrorStream(true)
            .start();
    try (BufferedReader said = server.inputReader()) {
      String port = said.readLine().replaceFirst(".* port ", "");
      SnapshotStore store =
          new SnapshotStore(
              S3Store.of(
                  "s3://start/?endpoint=http://127.0.0.1:" + port,
                  Optional.of(LocalS3.credentials(dir, LocalS3.ID, LocalS3.SECRET))));
      Address address = new Address(SCOPE, "b1", "", KIND);
      new HostDirectory(tree).save(store, address, List.of(SCOPE), false);
      Opened.Whole saved =
          (Opened.Whole) store.open(store.entries(SCOPE, KIND).findFirst().orElseThrow());
      store.used(saved.entry());
      saved.restore(dir.resolve("again"));
    } finally {
      server.destroy();
    }

    assertThat(Tree.describe(dir.resolve("again"))).isEqualTo(Tree.describe(tree));
  }
}
