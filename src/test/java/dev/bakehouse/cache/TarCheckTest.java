package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.Upload;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarCheckTest {
  private static final Kind GEMS = Kind.directory("gems", "gems");
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "", GEMS);

  /// One entry: `f NAME`, `d NAME`, `s NAME TARGET`, `h NAME TARGET`, `c NAME`, `p NAME`.
  static Stream<String> hostile() {
    return Stream.of(
        "f ../evil",
        "f /etc/evil",
        "f a/../../evil",
        "f ./../evil",
        "f ..",
        "d ../evil/",
        "d ..",
        "s out /etc",
        "s out ../..",
        "s d/out ../../evil",
        "s in d|f in/evil",
        "d d/|s d/in ..|f d/in/evil",
        "f x|f x/evil",
        "f x|f x",
        "s x y|f x",
        "f x/y|s x z",
        "d x/|s x z",
        "s d/up ..|s out d/up/../..",
        "s out d/../../x",
        "h out /etc/passwd",
        "h out ../evil",
        "h out missing",
        "s link f|h out link",
        "h first second|f second",
        "c device",
        "p pipe",
        "f " + "deep/".repeat(80) + "../".repeat(81) + "evil");
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void isNeitherSavedNorUnpacked(String entries, @TempDir Path dir) throws Exception {
    byte[] tar = tar("f first-file|" + entries);
    assertThatThrownBy(() -> read(tar)).isInstanceOf(TarCheck.Refused.class);

    Path inside = Files.createDirectories(dir.resolve("a/b/c"));
    TarStore store = new TarStore(new DirectoryStore(dir.resolve("store")));
    assertThatThrownBy(() -> store.save(ADDRESS, new ByteArrayInputStream(tar)))
        .isInstanceOf(UserError.class);
    assertThat(store.all()).isEmpty();

    forge(dir.resolve("store"), tar);
    assertThat(store.all()).hasSize(1);
    assertThat(store.open(store.all().getFirst())).isInstanceOf(Opened.Damaged.class);
    assertThat(inside).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "d ./|d ./a/|f ./a/b",
        "f a|h b a|h c b",
        "d a/|d a/",
        "s a/b/up ../../c|f c",
        "s a missing",
        "s a b/c|d b/",
        "f a..b|f ...|f ..a/b",
        "f a\\b|f a b|f é",
      })
  void ordinaryArchivesPass(String entries) throws IOException {
    assertThatCode(() -> read(tar(entries))).doesNotThrowAnyException();
  }

  @Test
  void countsFilesAndBytes() throws IOException {
    TarCheck.Count count = read(tar("d a/|f a/b|f c|h d c|s e c"));

    assertThat(count).isEqualTo(new TarCheck.Count(3, "evil".length() * 2L, true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "not a tar archive at all"})
  void somethingElseIsRefused(String text) {
    byte[] bytes = text.repeat(100).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> read(bytes)).isInstanceOf(IOException.class);
  }

  @Test
  void aHostileNameDoesNotReachTheLogRaw() throws IOException {
    byte[] tar = tar("f ../\u001b[2Jx\ny");

    assertThatThrownBy(() -> read(tar))
        .hasMessageContaining("\\x1b[2Jx\\x0ay")
        .hasMessageNotContaining("\u001b");
  }

  private static TarCheck.Count read(byte[] tar) throws IOException {
    return TarCheck.read(new ByteArrayInputStream(tar), GEMS);
  }

  /// What somebody who can write the store could put there: a manifest that fits.
  private static void forge(Path root, byte[] tar) throws Exception {
    DirectoryStore blobs = new DirectoryStore(root);
    String key = TarStore.ARCHIVES + "/forged.tar";
    try (Upload upload = blobs.upload()) {
      upload.stream().write(tar);
      upload.publish(key);
    }
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(tar));
    new Manifests(blobs)
        .publish(
            ADDRESS,
            new Manifest(
                1,
                "bun",
                "main",
                "linux-x64-release",
                "b1",
                "",
                "gems",
                key,
                "tar",
                tar.length,
                hash,
                1,
                1,
                Instant.now()));
  }

  private static byte[] tar(String entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (String each : entries.split("\\|")) {
        String type = each.substring(0, 1);
        String name = each.substring(2);
        boolean links = type.equals("s") || type.equals("h");
        int space = links ? name.indexOf(' ') : name.length();
        TarArchiveEntry entry = new TarArchiveEntry(name.substring(0, space), flag(type), true);
        if (links) {
          entry.setLinkName(name.substring(space + 1));
        }
        byte[] content = type.equals("f") ? "evil".getBytes(StandardCharsets.UTF_8) : new byte[0];
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static byte flag(String type) {
    return switch (type) {
      case "f" -> TarConstants.LF_NORMAL;
      case "d" -> TarConstants.LF_DIR;
      case "s" -> TarConstants.LF_SYMLINK;
      case "h" -> TarConstants.LF_LINK;
      case "c" -> TarConstants.LF_CHR;
      case "p" -> TarConstants.LF_FIFO;
      default -> throw new IllegalArgumentException(type);
    };
  }
}
