package dev.bakehouse.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JanitorTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final Duration RETENTION = Duration.ofDays(30);

  @TempDir Path dir;
  private DirectoryStore blobs;
  private SnapshotStore store;

  @BeforeEach
  void open() throws IOException {
    blobs = new DirectoryStore(dir.resolve("store"));
    store = new SnapshotStore(blobs);
  }

  @Test
  void whatIsUnusedForTooLongGoesAndWhatWasUsedStays() throws IOException {
    save("old");
    Entry used = save("used");
    save("young");
    age("old", 31);
    age("used", 31);
    agePacks(31);
    store.used(used);

    Swept swept = sweep(FailedBuilds.UNKNOWN);

    assertThat(swept.entries()).isEqualTo(1);
    assertThat(swept.kept()).isEqualTo(2);
    assertThat(builds()).containsExactlyInAnyOrder("used", "young");
    assertThat(packs()).as("two a snapshot").hasSize(4);
    assertThat(swept.freed()).isPositive();
  }

  @Test
  void aFailedBuildGoesWhenItCanNoLongerBeRetried() throws IOException {
    save("failed-long-ago");
    save("failed-today");
    age("failed-long-ago", 2);
    agePacks(2);

    sweep(build -> build.startsWith("failed"));

    assertThat(builds()).containsExactly("failed-today");
    assertThat(packs()).as("two a snapshot").hasSize(2);
  }

  @Test
  void aSaveInProgressIsNotTouched() throws IOException {
    try (Upload upload = blobs.upload()) {
      upload.stream().write(1);
      try (Upload pack = blobs.upload()) {
        pack.publish("packs/" + "1".repeat(32));
      }

      Swept swept = sweep(FailedBuilds.UNKNOWN);

      assertThat(swept.entries() + swept.blobs()).isZero();
      assertThat(swept.freed()).isZero();
      upload.publish("packs/" + "2".repeat(32));
    }
    assertThat(packs()).hasSize(2);
    agePacks(2);
    assertThat(sweep(FailedBuilds.UNKNOWN).blobs()).isEqualTo(2);
  }

  /// The sweep looked at the snapshot just before the save touched it.
  @Test
  void aSnapshotThatIsSweptWhileItIsTakenOverIsNotPublished() throws IOException {
    save("first");
    BlobStore swept =
        with(
            (method, key) -> {
              if (method.equals("touch") && key.startsWith("snapshots/")) {
                blobs.delete(key);
              }
            });

    assertThatThrownBy(
            () ->
                new HostDirectory(dir.resolve("cache-first"))
                    .save(new SnapshotStore(swept), address("second"), List.of(), true))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("removed while it was taken over");
    assertThat(builds()).doesNotContain("second");
  }

  /// A store is any directory that somebody names.
  @Test
  void whatOthersKeepThereStays() throws IOException {
    save("ours");
    Path precious = Files.createDirectories(dir.resolve("precious"));
    List<Path> theirs = new ArrayList<>();
    for (String name :
        List.of(
            "archives/photos.tar",
            "packs/texture-pack",
            "snapshots/2025/db.dump",
            "history/ledger.json",
            "passed/exam.json",
            ".uploads/film.part")) {
      theirs.add(blobsDirectory().resolve(name));
    }
    theirs.add(precious.resolve("0".repeat(32)));
    for (Path file : theirs) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, "precious");
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(400))));
    }
    Files.createSymbolicLink(
        blobsDirectory().resolve("packs/" + "3".repeat(32)), precious.resolve("0".repeat(32)));

    Swept swept = sweep(FailedBuilds.UNKNOWN);

    assertThat(swept.blobs()).isZero();
    assertThat(theirs).allSatisfy(file -> assertThat(file).exists());
  }

  /// What it leads to can not be told from what is not there.
  @Test
  void aLinkAmongTheDirectoriesForbidsToRemoveAnything() throws IOException {
    save("b1");
    age("b1", 2);
    agePacks(2);
    Path manifests = blobsDirectory().resolve("manifests");
    Path scope = manifests.resolve(manifests.relativize(manifest("b1")).getName(0));
    Files.move(scope, dir.resolve("elsewhere"));
    Files.createSymbolicLink(scope, dir.resolve("elsewhere"));

    assertThatThrownBy(() -> sweep(FailedBuilds.UNKNOWN))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(scope.toString(), "symbolic link to a directory");
    assertThat(packs()).hasSize(2);
  }

  @Test
  void aHostWithAWrongClockRemovesNothing() throws IOException {
    save("old");
    age("old", 31);
    BlobStore behind =
        (BlobStore)
            Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(),
                new Class<?>[] {BlobStore.class},
                (proxy, method, arguments) ->
                    method.getName().equals("now")
                        ? Optional.of(Instant.now().minus(Duration.ofHours(25)))
                        : method.invoke(blobs, arguments));

    assertThatThrownBy(
            () ->
                new Janitor(behind, Clock.systemUTC())
                    .sweep(RETENTION, Janitor.GRACE, Optional.empty(), FailedBuilds.UNKNOWN))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll("clock", "1500 minutes apart");
    assertThat(builds()).containsExactly("old");
  }

  /// What makes room needs none.
  @Test
  void aFullStoreIsSwept() throws IOException {
    save("old");
    age("old", 31);
    agePacks(31);
    BlobStore full =
        (BlobStore)
            Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(),
                new Class<?>[] {BlobStore.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("upload")) {
                    throw new IOException("No space left on device");
                  }
                  return method.invoke(blobs, arguments);
                });
    Files.writeString(blobsDirectory().resolve("clock"), "theirs");

    new Janitor(full, Clock.systemUTC())
        .sweep(RETENTION, Janitor.GRACE, Optional.empty(), FailedBuilds.UNKNOWN);

    assertThat(builds()).isEmpty();
    assertThat(packs()).isEmpty();
    assertThat(blobsDirectory().resolve("clock")).hasContent("theirs");
    assertThat(Duration.between(blobs.now().orElseThrow(), Instant.now()).abs())
        .isLessThan(Duration.ofMinutes(1));
  }

  private interface Aside {
    void call(String method, String key) throws IOException;
  }

  /// The store, with something done beside each call.
  private BlobStore with(Aside aside) {
    return (BlobStore)
        Proxy.newProxyInstance(
            BlobStore.class.getClassLoader(),
            new Class<?>[] {BlobStore.class},
            (proxy, method, arguments) -> {
              Object result = method.invoke(blobs, arguments);
              if (arguments != null) {
                aside.call(method.getName(), String.valueOf(arguments[0]));
              }
              return result;
            });
  }

  private Path blobsDirectory() {
    return dir.resolve("store");
  }

  @Test
  void aManifestNobodyCanReadExpiresLikeAnyOther() throws IOException {
    save("b1");
    Path manifest = manifest("b1");
    Files.writeString(manifest, "{\"version\":2}");
    age("b1", 29);
    sweep(FailedBuilds.UNKNOWN);
    assertThat(manifest).exists();

    age("b1", 31);
    sweep(FailedBuilds.UNKNOWN);
    assertThat(manifest).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"version\":3,\"roots\":[]}", "{\"version\":\"2.1\"}", "large"})
  void aManifestOfANewerProgramForbidsToRemoveAnything(String text) throws IOException {
    save("old");
    save("newer");
    String large = "{\"version\":3,\"roots\":[" + "1,".repeat(1 << 16) + "1]}";
    Files.writeString(manifest("newer"), text.equals("large") ? large : text);
    age("old", 31);
    age("newer", 31);
    agePacks(31);

    assertThatThrownBy(() -> sweep(FailedBuilds.UNKNOWN))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll("Did not sweep", Manifests.key(address("newer")), "version");

    assertThat(manifest("old")).exists();
    assertThat(manifest("newer")).exists();
    assertThat(packs()).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void soDoesASnapshotOfANewerProgram(int at) throws IOException {
    byte[] root = ("bakehouse snapshot\1\1and what else there is").getBytes(US_ASCII);
    root["bakehouse snapshot".length() + at] = 2;
    Entry entry = save("newer");
    String key = "snapshots/" + Digest.of(root).hex();
    try (Upload upload = blobs.upload()) {
      upload.stream().write(root);
      upload.publish(key);
    }
    String text = Files.readString(manifest("newer"));
    Files.writeString(
        manifest("newer"), text.replace(entry.snapshot(), key.substring("snapshots/".length())));
    agePacks(31);

    assertThatThrownBy(() -> sweep(FailedBuilds.UNKNOWN))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll("Did not sweep", key, "version");

    assertThat(packs()).hasSize(2);
    assertThat(below("snapshots")).hasSize(2);
  }

  @Test
  void verifyNamesWhatIsDamaged() throws IOException {
    save("good");
    List<Path> before = packs();
    save("bad");
    Path bad = packs().stream().filter(p -> !before.contains(p)).findFirst().orElseThrow();
    Files.write(bad, new byte[] {1});
    Files.writeString(manifest("unreadable"), "x");

    Janitor.Verified verified = new Janitor(blobs, Clock.systemUTC()).verify();

    assertThat(verified.checked()).isEqualTo(3);
    assertThat(verified.damaged())
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("build bad", "packs/"))
        .anySatisfy(line -> assertThat(line).contains("unreadable", "not a manifest"));
  }

  private Entry save(String build) throws IOException {
    Path cache = Files.createDirectories(dir.resolve("cache-" + build));
    Files.writeString(cache.resolve("x"), "content of " + build);
    return new HostDirectory(cache)
        .save(store, address(build), List.of(), true)
        .entry()
        .orElseThrow();
  }

  private static Address address(String build) {
    return new Address(SCOPE, build, "", Kind.BUN);
  }

  private Swept sweep(FailedBuilds failed) {
    return new Janitor(blobs, Clock.systemUTC())
        .sweep(RETENTION, Janitor.GRACE, Optional.empty(), failed);
  }

  private Path manifest(String build) throws IOException {
    Path file = dir.resolve("store").resolve(Manifests.key(address(build)));
    Files.createDirectories(file.getParent());
    return file;
  }

  private void age(String build, int days) throws IOException {
    Files.setLastModifiedTime(manifest(build), daysAgo(days));
  }

  private void agePacks(int days) throws IOException {
    for (String prefix : List.of("packs", "snapshots")) {
      for (Path each : below(prefix)) {
        Files.setLastModifiedTime(each, daysAgo(days));
      }
    }
  }

  private static FileTime daysAgo(int days) {
    return FileTime.from(Instant.now().minus(Duration.ofDays(days)));
  }

  private List<String> builds() {
    return store.all().stream().map(e -> e.address().build()).toList();
  }

  private List<Path> packs() throws IOException {
    return below("packs");
  }

  private List<Path> below(String prefix) throws IOException {
    Path top = dir.resolve("store").resolve(prefix);
    if (!Files.exists(top)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(top)) {
      return all.toList();
    }
  }
}
