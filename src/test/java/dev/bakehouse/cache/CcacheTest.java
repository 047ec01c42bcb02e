package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real ccache: what it stored before hits after a restore elsewhere.
class CcacheTest {
  private static final int SOURCES = 5;
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "cpp", Kind.CCACHE);

  @TempDir Path dir;

  @BeforeEach
  void sources() throws IOException {
    assertThat(Command.of("sh", "-c", "command -v ccache && command -v cc").run().ok())
        .as("ccache and a C compiler; install them: apt-get install ccache gcc")
        .isTrue();
    for (int i = 0; i < SOURCES; i++) {
      Files.writeString(
          dir.resolve("s" + i + ".c"), "int f" + i + "(void) { return " + i + "; }\n");
    }
  }

  @Test
  void everythingHitsAfterARestoreInAnotherDirectory() throws IOException {
    Path first = dir.resolve("first/ccache");
    build(first);
    assertThat(stats(first)).isEqualTo(new CacheStats("ccache", 0, SOURCES));

    Path second = dir.resolve("second/cache/ccache");
    SnapshotStore store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    Entry saved =
        new HostDirectory(first)
            .save(store, ADDRESS, List.of(ADDRESS.scope()), false)
            .entry()
            .orElseThrow();
    ((Opened.Whole) store.open(saved)).restore(second);
    CacheStats before = stats(second);
    build(second);

    CacheStats after = stats(second).since(before);
    assertThat(after).isEqualTo(new CacheStats("ccache", SOURCES, 0));
    assertThat(after.rate()).hasValue(1.0);
  }

  private void build(Path cache) {
    for (int i = 0; i < SOURCES; i++) {
      ccache(cache, List.of("cc", "-c", "s" + i + ".c", "-o", "s" + i + ".o"));
    }
  }

  private CacheStats stats(Path cache) {
    return CacheStats.ofCcache(ccache(cache, List.of("--print-stats")));
  }

  private String ccache(Path cache, List<String> arguments) {
    return Command.of("ccache")
        .and(arguments.toArray(String[]::new))
        .in(dir)
        .env("CCACHE_DIR", cache.toString())
        .env("CCACHE_CONFIGPATH", null)
        .check()
        .text();
  }
}
