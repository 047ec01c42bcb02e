package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.bakehouse.platform.Command;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarTreeTest {
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

  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource("hostile")
  void isNotSaved(String entries) throws Exception {
    byte[] tar = tar("f first-file|" + entries);
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));

    assertThatThrownBy(
            () -> {
              try (TarTree tree = TarTree.read(new ByteArrayInputStream(tar), dir)) {
                new Saver(store, Optional.empty(), Optional.empty(), Node.UNKNOWN).save(tree);
              }
            })
        .isInstanceOf(Malformed.class);
    assertThat(store.list("")).isEmpty();
  }

  /// What somebody who can write the store could put there.
  @ParameterizedTest
  @MethodSource("hostile")
  void isNotRestored(String entries) throws Exception {
    List<Entry> nodes = new ArrayList<>();
    for (String each : ("f first-file|" + entries).split("\\|")) {
      String[] words = each.split(" ");
      Node node =
          switch (words[0]) {
            case "f" -> new Node.File(words[1], 0644, 0, 0, Node.UNKNOWN, Node.UNKNOWN);
            case "d" -> new Node.Dir(words[1], 0755, 0);
            case "s" -> new Node.Symlink(words[1], 0, words[2]);
            case "h" -> new Node.Hardlink(words[1], words[2]);
            default -> new Node.Symlink("x", 0, "/dev/" + words[1]);
          };
      nodes.add(Entry.of(node));
    }
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));
    Snapshot forged = Forged.snapshot(store, nodes);
    Path target = Files.createDirectories(dir.resolve("a/b/c")).resolve("target");

    for (HostTarget.Rules rules :
        List.of(HostTarget.Rules.PLAIN, new HostTarget.Rules(p -> false, p -> false, true))) {
      boolean refused = false;
      try {
        refused = !new HostTarget(target, rules).restore(forged).lost().isEmpty();
      } catch (Malformed e) {
        refused = true;
      }
      assertThat(refused).isTrue();
    }
    String outside = Command.of("find", ".", "-name", "*evil*").in(dir).check().text();
    assertThat(outside.lines().filter(l -> !l.startsWith("./a/b/c/target/"))).isEmpty();
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
    assertThat(read(tar("d a/|f a/b|f c|h d c|s e c")))
        .isEqualTo(new Totals(5, 3, "evil".length() * 2L));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "not a tar archive at all"})
  void somethingElseIsRefused(String text) {
    byte[] bytes = text.repeat(100).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> read(bytes)).isInstanceOf(IOException.class);
  }

  @Test
  void aSmallArchiveOfDeepPathsIsRefusedOrReadAtOnce() throws IOException {
    assertThatThrownBy(() -> read(tar("f " + "a/".repeat(3000) + "x")))
        .isInstanceOf(Malformed.class)
        .hasMessageContaining("longer path than any system opens");
    assertThatThrownBy(() -> read(tar("s x " + "a/".repeat(3000) + "x")))
        .isInstanceOf(Malformed.class);
    byte[] deep = tar(numbered("f " + "a/".repeat(2000) + "%d", 3000));
    assertThat(assertTimeout(Duration.ofSeconds(5), () -> read(deep)).nodes()).isEqualTo(5000);
    byte[] apart = tar(numbered("f %d/" + "a/".repeat(2000) + "x", 40));
    assertThatThrownBy(() -> read(apart))
        .isInstanceOf(Malformed.class)
        .hasMessageContaining("than the archive names directories");
  }

  private static String numbered(String entry, int count) {
    return IntStream.range(0, count).mapToObj(entry::formatted).collect(Collectors.joining("|"));
  }

  @Test
  void aHostileNameDoesNotReachTheLogRaw() throws IOException {
    byte[] tar = tar("f ../\u001b[2Jx\ny");

    assertThatThrownBy(() -> read(tar))
        .hasMessageContaining("\\x1b[2Jx\\x0ay")
        .hasMessageNotContaining("\u001b");
  }

  private Totals read(byte[] tar) throws IOException {
    TreeCheck check = new TreeCheck();
    Totals[] totals = {Totals.NONE};
    try (TarTree tree = TarTree.read(new ByteArrayInputStream(tar), dir)) {
      tree.list(
          node -> {
            check.add(node);
            totals[0] = totals[0].plus(node);
          });
    }
    return totals[0];
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
        String path = name.substring(0, space);
        TarArchiveEntry entry = new TarArchiveEntry(shortened(tar, path), flag(type), true);
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

  /// The library shortens a long name one character at a time: its header goes before it by hand.
  ///
  /// @return what stands in the entry itself
  private static String shortened(TarArchiveOutputStream tar, String path) throws IOException {
    if (path.length() < 1000) {
      return path;
    }
    int length = (" path=" + path + "\n").getBytes(StandardCharsets.UTF_8).length;
    int digits = String.valueOf(length + String.valueOf(length).length()).length();
    byte[] line = (length + digits + " path=" + path + "\n").getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry header =
        new TarArchiveEntry("header", TarConstants.LF_PAX_EXTENDED_HEADER_LC, true);
    header.setSize(line.length);
    tar.putArchiveEntry(header);
    tar.write(line);
    tar.closeArchiveEntry();
    return "shortened";
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

  @Test
  void aLargeFileOfWhichAPartIsLostIsLeftOutAndTheRestComes() throws Exception {
    Path source = Files.createDirectories(dir.resolve("source"));
    byte[] part = new byte[Part.LARGEST];
    try (var out = Files.newOutputStream(source.resolve("large"))) {
      for (int i = 0; i < 17; i++) {
        java.util.Arrays.fill(part, (byte) i);
        out.write(part);
      }
    }
    Files.createLink(source.resolve("link"), source.resolve("large"));
    Files.writeString(source.resolve("small"), "small");
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));
    Snapshot saved;
    try (Draft draft =
        new Saver(store, Optional.empty(), Optional.empty(), Node.UNKNOWN)
            .save(new HostTree(source, p -> false))) {
      saved = Snapshot.open(store, draft.publish().id()).orElseThrow();
    }
    Frame lost =
        saved.load(0, 2).stream()
            .flatMap(s -> s.entries().stream())
            .filter(e -> e.node().path().equals("large"))
            .findFirst()
            .orElseThrow()
            .parts()
            .getLast()
            .frame();
    Path pack = dir.resolve("store").resolve(lost.pack().key());
    byte[] bytes = Files.readAllBytes(pack);
    bytes[(int) lost.offset() + lost.stored() / 2] ^= 1;
    Files.write(pack, bytes);

    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    assertThat(new TarTarget(saved, HostTarget.Rules.PLAIN).write(tar)).hasSize(1);

    Path unpacked = Files.createDirectories(dir.resolve("unpacked"));
    Command.of("tar", "-xpf", "-").in(unpacked).input(tar.toByteArray()).check();
    assertThat(unpacked.toFile().list()).containsExactly("small");
  }
}
