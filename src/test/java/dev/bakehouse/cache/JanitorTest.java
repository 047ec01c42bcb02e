package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.cache.Janitor.Swept;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JanitorTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final Duration RETENTION = Duration.ofDays(30);

  @TempDir Path dir;
  private DirectoryStore blobs;
  private TarStore store;

  @BeforeEach
  void open() throws IOException {
    blobs = new DirectoryStore(dir.resolve("store"));
    store = new TarStore(blobs);
    Files.writeString(Files.createDirectories(dir.resolve("cache")).resolve("x"), "content");
  }

  @Test
  void whatIsUnusedForTooLongGoesAndWhatWasUsedStays() throws IOException {
    save("old");
    Entry used = save("used");
    save("young");
    age("old", 31);
    age("used", 31);
    ageArchives(31);
    store.used(used);

    Swept swept = sweep(FailedBuilds.UNKNOWN);

    assertThat(swept.entries()).isEqualTo(1);
    assertThat(swept.kept()).isEqualTo(2);
    assertThat(builds()).containsExactlyInAnyOrder("used", "young");
    assertThat(archives()).hasSize(2);
    assertThat(swept.freed()).isPositive();
  }

  @Test
  void aFailedBuildGoesWhenItCanNoLongerBeRetried() throws IOException {
    save("failed-long-ago");
    save("failed-today");
    age("failed-long-ago", 2);
    ageArchives(2);

    sweep(build -> build.startsWith("failed"));

    assertThat(builds()).containsExactly("failed-today");
    assertThat(archives()).hasSize(1);
  }

  @Test
  void aSaveInProgressIsNotTouched() throws IOException {
    try (Upload upload = blobs.upload()) {
      upload.stream().write(1);
      try (Upload archive = blobs.upload()) {
        archive.publish("archives/not-yet-named.tar");
      }

      Swept swept = sweep(FailedBuilds.UNKNOWN);

      assertThat(swept).isEqualTo(new Swept(0, 0, 0, 0));
      upload.publish("archives/other.tar");
    }
    assertThat(archives()).hasSize(2);
    ageArchives(2);
    assertThat(sweep(FailedBuilds.UNKNOWN).blobs()).isEqualTo(2);
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

  @Test
  void verifyNamesWhatIsDamaged() throws IOException {
    save("good");
    Path before = archives().getFirst();
    save("bad");
    Path bad = archives().stream().filter(p -> !p.equals(before)).findFirst().orElseThrow();
    Files.write(bad, new byte[] {1});
    Files.writeString(manifest("unreadable"), "x");

    Janitor.Verified verified = new Janitor(blobs, Clock.systemUTC()).verify();

    assertThat(verified.checked()).isEqualTo(3);
    assertThat(verified.damaged())
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("build bad", "1 bytes, not"))
        .anySatisfy(line -> assertThat(line).contains("unreadable", "not a manifest"));
  }

  private Entry save(String build) {
    return store
        .save(address(build), out -> new HostDirectory(dir.resolve("cache")).pack(Kind.BUN, out))
        .entry()
        .orElseThrow();
  }

  private static Address address(String build) {
    return new Address(SCOPE, build, "", Kind.BUN);
  }

  private Swept sweep(FailedBuilds failed) {
    return new Janitor(blobs, Clock.systemUTC()).sweep(RETENTION, Janitor.GRACE, failed);
  }

  private Path manifest(String build) throws IOException {
    Path file = dir.resolve("store").resolve(Manifests.key(address(build)));
    Files.createDirectories(file.getParent());
    return file;
  }

  private void age(String build, int days) throws IOException {
    Files.setLastModifiedTime(manifest(build), daysAgo(days));
  }

  private void ageArchives(int days) throws IOException {
    for (Path archive : archives()) {
      Files.setLastModifiedTime(archive, daysAgo(days));
    }
  }

  private static FileTime daysAgo(int days) {
    return FileTime.from(Instant.now().minus(Duration.ofDays(days)));
  }

  private List<String> builds() {
    return store.all().stream().map(e -> e.address().build()).toList();
  }

  private List<Path> archives() throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve("store").resolve(TarStore.ARCHIVES))) {
      return all.toList();
    }
  }
}
