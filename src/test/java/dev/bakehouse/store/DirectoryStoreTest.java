package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStoreTest extends StoreContract {
  private static final int ROUNDS = 300;

  @TempDir Path dir;

  @Override
  protected BlobStore empty() {
    return new DirectoryStore(dir.resolve("parent/store"));
  }

  @Test
  void onlyItsOwnerSeesAnything() throws IOException {
    publish(store(), "a/b/c", "x");

    try (Stream<Path> all = Files.walk(dir.resolve("parent/store"))) {
      for (Path each : all.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
            .as(each.toString())
            .isEqualTo(Files.isDirectory(each) ? "rwx------" : "rw-------");
      }
    }
  }

  @Test
  void anUploadWhoseProcessDiedIsSweptLaterAndOnlyThen() throws IOException {
    Upload upload = store().upload();
    upload.stream().write(new byte[300_000]);

    assertThat(store().deleteAbandoned(Instant.now().minus(Duration.ofHours(1)))).isZero();
    assertThat(store().deleteAbandoned(Instant.now().plus(Duration.ofHours(1)))).isEqualTo(1);
    assertThat(files()).isEmpty();
    assertThatThrownBy(() -> upload.publish("late")).isInstanceOf(IOException.class);
    upload.close();
    assertThat(files()).isEmpty();
  }

  @Test
  void directoriesThatADeleteEmptiedAreGone() throws IOException {
    publish(store(), "a/b/c/1", "x");
    publish(store(), "a/b/2", "x");
    Files.createDirectories(file("a/own"));

    store().delete("a/b/c/1");
    assertThat(file("a/b/c")).doesNotExist();
    assertThat(read(store(), "a/b/2")).isEqualTo("x");
    store().delete("a/b/2");
    assertThat(file("a/b")).doesNotExist();
    assertThat(file("a/own")).as("another's").isDirectory();
    assertThat(store().delete("a/b/2")).isFalse();

    Files.createDirectory(dir.resolve("elsewhere"));
    Files.createSymbolicLink(file("link"), dir.resolve("elsewhere"));
    publish(store(), "link/1", "x");
    store().delete("link/1");
    assertThat(file("link")).isSymbolicLink();
  }

  /// Every delete, and somebody beside them, takes away directories that others are about to write
  /// to.
  @Test
  void writersBesideDeletesLoseNothing() throws Exception {
    List<Callable<Integer>> writers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String key = "manifests/a/b/c/" + i;
      writers.add(
          () -> {
            int there = 0;
            for (int round = 0; round < ROUNDS; round++) {
              publish(store(), key, "x");
              there += store().stat(key).isPresent() && store().delete(key) ? 1 : 0;
            }
            return there;
          });
    }
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(writers.size() + 1)) {
      Future<?> beside = threads.submit(() -> removeEmptyUntil(done));
      List<Future<Integer>> written = threads.invokeAll(writers);
      done.set(true);
      beside.get();
      for (Future<Integer> each : written) {
        assertThat(each.get()).isEqualTo(ROUNDS);
      }
    }
  }

  private void removeEmptyUntil(AtomicBoolean done) {
    while (!done.get()) {
      for (String each : List.of("manifests/a/b/c", "manifests/a/b", "manifests/a", "manifests")) {
        boolean _ = file(each).toFile().delete();
      }
    }
  }

  @Test
  void aReaderKeepsItsBytesWhenTheBlobIsReplacedOrDeleted() throws IOException {
    publish(store(), "k", "first");
    try (SeekableByteChannel before = store().open("k").orElseThrow()) {
      publish(store(), "k", "second");
      store().delete("k");
      ByteBuffer bytes = ByteBuffer.allocate(100);
      before.read(bytes);

      assertThat(new String(bytes.array(), 0, bytes.position())).isEqualTo("first");
    }
  }

  @Test
  void touchMakesABlobYoung() throws IOException {
    publish(store(), "k", "x");
    BlobInfo fresh = store().stat("k").orElseThrow();
    Instant old = Instant.now().minus(Duration.ofDays(40));
    Files.setLastModifiedTime(file("k"), FileTime.from(old));

    store().touch("k");

    BlobInfo touched = store().stat("k").orElseThrow();
    assertThat(touched.modified()).isAfter(Instant.now().minus(Duration.ofMinutes(1)));
    assertThat(touched.version()).isEqualTo(fresh.version());
  }

  @Test
  void aStoreThatCanNotBeReadIsNoEmptyOne() throws IOException {
    publish(store(), "a/b", "x");
    Files.move(file("a"), file("elsewhere"));
    Files.createSymbolicLink(file("a"), Path.of("a"));

    assertThatThrownBy(() -> store().stat("a/b")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> store().open("a/b")).isInstanceOf(IOException.class);
  }

  @Test
  void theRootMayBeALink() throws IOException {
    publish(store(), "a/b", "x");
    Path link = Files.createSymbolicLink(dir.resolve("link"), dir.resolve("parent/store"));

    BlobStore linked = new DirectoryStore(link);

    assertThat(linked.list("")).extracting(BlobInfo::key).containsExactly("a/b");
    assertThat(linked.list("a")).hasSize(1);
    assertThat(read(linked, "a/b")).isEqualTo("x");
  }

  private Path file(String name) {
    return dir.resolve("parent/store").resolve(name);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(dir.resolve("parent/store"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
