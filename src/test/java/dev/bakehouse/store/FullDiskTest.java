package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.s3.FullGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Stores on a file system that is really full.
@Tag("registry")
class FullDiskTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final Address ADDRESS = new Address(SCOPE, "b", "s", Kind.BUN);

  @TempDir Path dir;

  /// Only root can mount one: elsewhere there is no such test.
  @TestFactory
  Stream<DynamicTest> aStoreThatIsFullLeavesTheStateBefore() {
    return "root".equals(System.getProperty("user.name"))
        ? Stream.of(
            DynamicTest.dynamicTest(
                "dir:", () -> on(disk -> check(new DirectoryStore(disk.resolve("store")), disk))),
            DynamicTest.dynamicTest(
                "s3:",
                () ->
                    on(
                        disk -> {
                          try (FullGateway server = new FullGateway(disk, dir)) {
                            check(server.store(), disk);
                          }
                        })))
        : Stream.of();
  }

  private interface OnDisk {
    void run(Path disk) throws Exception;
  }

  private void on(OnDisk test) throws Exception {
    Path disk = Files.createTempDirectory(dir, "disk");
    Command.of("mount", "-t", "tmpfs", "-o", "size=12m", "none", disk.toString()).check();
    try {
      test.run(disk);
    } finally {
      Command.of("umount", disk.toString()).check();
    }
  }

  private void check(BlobStore store, Path disk) throws IOException {
    SnapshotStore caches = new SnapshotStore(store);
    Path tree = Files.createTempDirectory(dir, "tree");
    Files.write(tree.resolve("f"), StoreContract.random(1, 1 << 20));
    new HostDirectory(tree).save(caches, ADDRESS, List.of(SCOPE), false);
    long free = Files.getFileStore(disk).getUsableSpace();

    Files.write(tree.resolve("g"), StoreContract.random(2, 20 << 20));
    assertThatThrownBy(() -> new HostDirectory(tree).save(caches, ADDRESS, List.of(SCOPE), false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Could not save");

    assertThat(Files.getFileStore(disk).getUsableSpace())
        .as("what did not fit takes no room away")
        .isGreaterThan(free - (6 << 20));
    assertThat(restored(caches)).isEqualTo(List.of("f"));
    Files.write(tree.resolve("g"), StoreContract.random(3, 1 << 20));
    new HostDirectory(tree).save(caches, ADDRESS, List.of(SCOPE), false);
    assertThat(restored(caches)).isEqualTo(List.of("f", "g"));
  }

  private List<String> restored(SnapshotStore caches) throws IOException {
    Path to = Files.createTempDirectory(dir, "restored").resolve("t");
    Opened.Whole whole = (Opened.Whole) caches.open(caches.find(ADDRESS).orElseThrow());
    assertThat(whole.restore(to).lost()).isEmpty();
    try (Stream<Path> all = Files.list(to)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }
}
