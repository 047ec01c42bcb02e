package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.snapshot.Seal;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A restore in place of another state that does not come to its end.
class HalfRestoreTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final int FILES = 20;

  @TempDir Path dir;
  private Path target;

  @BeforeEach
  void twoStates() throws IOException {
    target = dir.resolve("target");
    for (String state : List.of("a", "b")) {
      Path source = dir.resolve(state);
      for (int i = 0; i < FILES; i++) {
        // The same manifest names another object in the other state, and is as long.
        String object = "o/" + state + i;
        write(source.resolve("h/m" + i), object);
        write(source.resolve(object + "/out"), object.repeat(100));
      }
      write(source.resolve("h/same"), "o/same");
      write(source.resolve("o/same/out"), "o/same".repeat(100));
      new HostDirectory(source)
          .save(store(() -> {}), address(state), List.of(), true)
          .entry()
          .orElseThrow();
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(Files.createDirectories(file.getParent()).resolve(file.getFileName()), text);
  }

  @Test
  void noManifestOfZigEverNamesAnObjectThatIsNotThere() throws IOException {
    restore(store(() -> {}), "a");
    int[] looks = {0};
    for (String state : List.of("b", "a", "b")) {
      // As if the process were killed here.
      restore(
          store(
              () -> {
                looks[0]++;
                manifestsAreTrue();
              }),
          state);
      assertThat(manifestsAreTrue()).isEqualTo(FILES + 1);
    }
    assertThat(looks[0]).isGreaterThan(6);
  }

  @Test
  void aStoreThatIsLostOnTheWayLeavesTheDirectoryAsItWasOrEmptyAndItCanBeSaved() {
    int whole = 0;
    int empty = 0;
    for (int call = 1; ; call++) {
      int[] left = {call};
      try {
        restore(store(() -> {}), "a");
        restore(
            store(
                () -> {
                  if (--left[0] == 0) {
                    throw new IOException("the connection is lost");
                  }
                }),
            "b");
        break;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("the connection is lost");
      }
      if (target.toFile().list().length == 0) {
        empty++;
      } else {
        assertThat(manifests()).isEqualTo(FILES + 1);
        whole++;
      }
      new HostDirectory(target).save(store(() -> {}), address("c"), List.of(), true);
    }
    assertThat(empty).isPositive();
    assertThat(whole + empty).isGreaterThan(3);
  }

  @Test
  void aSaveBesideARestoreDoesNotCallTheDirectoryWhole() throws IOException {
    restore(store(() -> {}), "a");
    boolean[] began = {false};
    SnapshotStore saving =
        store(
            () -> {
              if (!began[0]) {
                began[0] = true;
                new Seal(target).breakIt();
              }
            });

    new HostDirectory(target).save(saving, address("c"), List.of(), true);

    assertThat(began[0]).isTrue();
    assertThat(new Seal(target).partial()).isTrue();
    // What a power cut leaves of a name whose bytes were not on the disk.
    for (int bytes : new int[] {0, 9}) {
      Files.write(dir.resolve("." + target.getFileName() + ".bakehouse"), new byte[bytes]);
      assertThat(new Seal(target).partial()).isTrue();
    }
  }

  @Test
  void whatAKilledRestoreLeftBesideGoesWithALaterOne() throws IOException {
    Path old = dir.resolve(".bakehouse-01234567-89ab-cdef-0123-456789abcdef");
    Path young = dir.resolve(".bakehouse-11234567-89ab-cdef-0123-456789abcdef");
    Path other = dir.resolve(".bakehouse-mine");
    for (Path each : List.of(old, young, other)) {
      write(each.resolve("o/x"), "x");
    }
    for (Path each : List.of(old, other)) {
      Files.setLastModifiedTime(each, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    }

    restore(store(() -> {}), "a");

    assertThat(old).doesNotExist();
    assertThat(young.resolve("o/x")).exists();
    assertThat(other.resolve("o/x")).exists();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSecondRestoreToTheDirectoryMeanwhileIsRefusedAndTheFirstGoesOn(boolean over)
      throws IOException {
    if (over) {
      restore(store(() -> {}), "b");
    }
    List<Throwable> refused = Collections.synchronizedList(new ArrayList<>());
    boolean[] began = {false};
    SnapshotStore first =
        store(
            () -> {
              Throwable second =
                  began[0] ? catchThrowable(() -> restore(store(() -> {}), "b")) : null;
              if (second != null) {
                refused.add(second);
              }
            });
    Opened opened = first.open(first.find(address("a")).orElseThrow());
    began[0] = true;

    assertThat(((Opened.Whole) opened).restore(target).lost()).isEmpty();

    assertThat(refused)
        .isNotEmpty()
        .allSatisfy(e -> assertThat(e).hasMessageContaining("another restore to " + target));
    assertThat(Tree.describe(target)).isEqualTo(Tree.describe(dir.resolve("a")));
  }

  /// What is saved would else have manifests of one state and objects of another.
  @Test
  void noRestoreChangesTheDirectoryWhileASaveReadsIt() throws IOException {
    int refused = 0;
    for (int call = 1; ; call++) {
      restore(store(() -> {}), "a");
      new Seal(target).remove();
      int[] left = {call};
      Throwable[] end = {null};
      SnapshotStore saving =
          store(
              () -> {
                if (--left[0] == 0) {
                  end[0] = catchThrowable(() -> restore(store(() -> {}), "b"));
                }
              });

      new HostDirectory(target).save(saving, address("c"), List.of(SCOPE), true);

      if (left[0] > 0) {
        break;
      }
      refused += end[0] == null ? 0 : 1;
      Directories.delete(target);
      restore(store(() -> {}), "c");
      assertThat(manifestsAreTrue()).as("restored at call %d", call).isEqualTo(FILES + 1);
    }
    assertThat(refused).isGreaterThan(3);
  }

  private int manifests() {
    try {
      return manifestsAreTrue();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// @return how many there are
  private int manifestsAreTrue() throws IOException {
    try (Stream<Path> all = Files.list(target.resolve("h"))) {
      List<Path> manifests =
          all.filter(m -> !m.getFileName().toString().startsWith(".bakehouse-")).toList();
      for (Path manifest : manifests) {
        String object = Files.readString(manifest);
        assertThat(target.resolve(object).resolve("out")).hasContent(object.repeat(100));
      }
      return manifests.size();
    }
  }

  private void restore(SnapshotStore store, String state) throws IOException {
    Opened opened = store.open(store(() -> {}).find(address(state)).orElseThrow());
    if (opened instanceof Opened.Damaged(String why)) {
      throw new IOException(why);
    }
    assertThat(((Opened.Whole) opened).restore(target).lost()).isEmpty();
  }

  private static Address address(String build) {
    return new Address(SCOPE, build, "", Kind.ZIG_LOCAL);
  }

  /// What is done whenever the store is asked for a blob's bytes.
  private interface Look {
    void look() throws IOException;
  }

  private SnapshotStore store(Look look) {
    BlobStore blobs = new DirectoryStore(dir.resolve("store"));
    return new SnapshotStore(
        (BlobStore)
            Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(),
                new Class<?>[] {BlobStore.class},
                (proxy, method, arguments) -> {
                  if (List.of("open", "read").contains(method.getName())) {
                    look.look();
                  }
                  try {
                    return method.invoke(blobs, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                }));
  }
}
