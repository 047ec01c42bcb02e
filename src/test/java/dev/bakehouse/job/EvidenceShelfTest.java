package dev.bakehouse.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.OperationsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Evidence is its owner's alone, has no secret in it, and is bounded in time and size.
class EvidenceShelfTest {
  @TempDir Path dir;

  @Test
  void theOldGoesAndThenTheOldestOfTooMuch() throws IOException {
    EvidenceShelf shelf = shelf(1000);
    Path old = left(shelf, "old", 10, Duration.ofDays(8));
    Path third = left(shelf, "third", 400, Duration.ofDays(3));
    Path second = left(shelf, "second", 400, Duration.ofDays(2));
    Path first = left(shelf, "first", 400, Duration.ofDays(1));
    shelf.prune();
    assertThat(List.of(old, third)).noneMatch(Files::exists);
    assertThat(List.of(second, first)).allMatch(Files::exists);
  }

  @Test
  void aHostWithoutAnyIsFine() {
    shelf(1000).prune();
    assertThat(dir.resolve("evidence")).doesNotExist();
  }

  @Test
  void aJobsNameIsNoPath() {
    assertThat(shelf(1).of("../../x")).isEqualTo(dir.resolve("evidence/______x"));
  }

  @Test
  void aFileIsItsOwnersAndHasNoSecretNorALineOfOne() throws IOException {
    Path place = shelf(1000).make("job");
    List<byte[]> secrets =
        EvidenceFile.secrets(
            Map.of("A_TOKEN", "hunter22", "B_TOKEN", "first-line\r\nsecond-line\n", "C", "public"),
            "*_TOKEN");
    Path file = place.resolve("journal.txt");
    try (EvidenceFile out = new EvidenceFile(file, secrets, 1000)) {
      assertThat(file).doesNotExist();
      out.write("a hunt".getBytes(UTF_8));
      out.write("er22 b\nx first-line y second-line\npublic\nhunter2".getBytes(UTF_8));
    }
    assertThat(file).hasContent("a [REDACTED] b\nx [REDACTED] y [REDACTED]\npublic\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(place)))
        .isEqualTo("rwx------");
  }

  @Test
  void aFileIsBoundedAndNothingComesAfterItsEnd() throws IOException {
    Path file = dir.resolve("file");
    EvidenceFile out = new EvidenceFile(file, List.of(), 5);
    out.write("1234".getBytes(UTF_8));
    assertThat(out.cut()).isFalse();
    out.write("5678".getBytes(UTF_8));
    assertThat(out.cut()).isTrue();
    out.close();
    out.write("9".getBytes(UTF_8));
    assertThat(file).hasContent("12345");
  }

  private EvidenceShelf shelf(long most) {
    return new EvidenceShelf(
        dir, new OperationsSettings.Evidence(Optional.of(Duration.ofDays(7)), most, true, false));
  }

  private static Path left(EvidenceShelf shelf, String job, int bytes, Duration ago)
      throws IOException {
    Path place = shelf.make(job);
    Files.write(place.resolve("console.log"), new byte[bytes]);
    return Files.setLastModifiedTime(place, FileTime.from(Instant.now().minus(ago)));
  }
}
