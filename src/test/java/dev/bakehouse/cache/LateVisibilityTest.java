package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.LateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two hosts share a store, and one sees late what the other does.
class LateVisibilityTest {
  private static final Scope SCOPE = Scope.parse("local/main", "linux-x64-release");
  private static final Address ADDRESS = new Address(SCOPE, "b1", "", Kind.CCACHE);

  @TempDir Path dir;
  private BlobStore real;
  private LateStore late;

  @BeforeEach
  void open() throws IOException {
    real = new DirectoryStore(dir.resolve("store"));
    late = new LateStore(real);
  }

  private Entry save(BlobStore store, Address address, String content) throws IOException {
    Path cache = dir.resolve("cache-" + content);
    Files.writeString(Files.createDirectories(cache.resolve("0")).resolve("1R"), content);
    return new HostDirectory(cache)
        .save(new SnapshotStore(store), address, List.of(SCOPE), false)
        .entry()
        .orElseThrow();
  }

  @Test
  void whatIsNotSeenYetIsAMissAndNothingWorse() throws IOException {
    save(real, ADDRESS, "one");
    CacheStore other = new SnapshotStore(late);

    assertThat(other.find(ADDRESS)).isEmpty();
    late.catchUp(key -> key.startsWith("manifests/"));
    Entry entry = other.find(ADDRESS).orElseThrow();
    assertThat(other.open(entry)).isInstanceOf(Opened.Damaged.class);
    late.catchUp(key -> true);
    ((Opened.Whole) other.open(entry)).restore(dir.resolve("restored"));
    assertThat(dir.resolve("restored/0/1R")).hasContent("one");
  }

  @Test
  void aSweepThatSeesLateTakesNothingOfOthers() throws IOException {
    save(real, ADDRESS, "one");
    late.catchUp(key -> !key.startsWith("manifests/"));

    new Janitor(late, Clock.systemUTC())
        .sweep(Duration.ofDays(30), Janitor.GRACE, Optional.empty(), Janitor.FailedBuilds.UNKNOWN);

    Entry entry = new SnapshotStore(real).find(ADDRESS).orElseThrow();
    assertThat(new SnapshotStore(real).open(entry)).isInstanceOf(Opened.Whole.class);
  }

  @Test
  void whatIsGoneAndStillListedIsAMiss() throws IOException {
    Entry entry = save(real, ADDRESS, "one");
    late.catchUp(key -> true);
    for (var blob : real.list("")) {
      real.delete(blob.key());
    }

    CacheStore other = new SnapshotStore(late);
    assertThat(other.find(ADDRESS)).isEmpty();
    assertThat(other.open(entry)).isInstanceOf(Opened.Damaged.class);
  }
}
