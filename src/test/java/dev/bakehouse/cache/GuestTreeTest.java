package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The programs that run in a guest, run here.
class GuestTreeTest {
  @TempDir Path dir;
  private Path cache;
  private SnapshotStore store;
  private long moved;

  @BeforeEach
  void make() throws IOException {
    cache = Files.createDirectories(dir.resolve("cache/a"));
    cache = dir.resolve("cache");
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    Files.writeString(cache.resolve("a/large"), "x".repeat(100_000));
    Files.writeString(cache.resolve("a-b"), "second");
    Files.writeString(cache.resolve("-odd \n\" é"), "third");
    Files.writeString(cache.resolve("deep-" + "n".repeat(150)), "long name");
    Files.createLink(cache.resolve("link"), cache.resolve("a-b"));
    Files.createSymbolicLink(cache.resolve("symbolic"), Path.of("a/large"));
    Files.createDirectory(cache.resolve("empty"));
    Files.setLastModifiedTime(
        cache.resolve("a-b"), FileTime.from(Instant.parse("2026-01-02T03:04:05.123456789Z")));
  }

  @Test
  void listsAndReadsWhatIsThere() throws Exception {
    GuestTree tree = tree();
    List<Node> nodes = new ArrayList<>();
    tree.list(nodes::add);
    assertThat(nodes)
        .extracting(Node::path)
        .containsExactly(
            "",
            bytes("-odd \n\" é"),
            "a",
            "a-b",
            "a/large",
            "deep-" + "n".repeat(150),
            "empty",
            "link",
            "symbolic");
    assertThat(nodes).contains(new Node.Hardlink("link", "a-b"));
    List<Node.File> files =
        nodes.stream().filter(Node.File.class::isInstance).map(Node.File.class::cast).toList();
    assertThat(files.get(1).mtime())
        .isEqualTo(
            Instant.parse("2026-01-02T03:04:05Z").getEpochSecond() * 1_000_000_000L + 123456789);
    Map<String, String> read = new TreeMap<>();
    tree.read(files, (file, in) -> read.put(file.path(), new String(in.readAllBytes(), "UTF-8")));
    assertThat(read)
        .hasSize(4)
        .containsEntry("a-b", "second")
        .containsEntry(bytes("-odd \n\" é"), "third")
        .containsEntry("a/large", "x".repeat(100_000));
    assertThat(tree.tail(files.get(2)).orElseThrow()).asString().isEqualTo("x".repeat(16));
    assertThat(tree.tail(files.get(1))).isEmpty();
  }

  @Test
  void onlyWhatChangedMoves() throws Exception {
    Entry first = save("1", Optional.empty(), Node.UNKNOWN).entry().orElseThrow();
    assertThat(moved).isGreaterThan(100_000);
    long sealed = seal();
    Files.writeString(cache.resolve("new"), "four");
    moved = 0;
    Entry second = save("2", Optional.of(first.snapshot()), sealed).entry().orElseThrow();
    assertThat(moved).isBetween(1L, 20_000L);
    assertThat(second.files()).isEqualTo(first.files() + 1);
    sealed = seal();
    Files.writeString(cache.resolve("a/large"), "y".repeat(100_000));
    Files.setLastModifiedTime(cache.resolve("a/large"), FileTime.from(Instant.EPOCH));
    save("3", Optional.of(second.snapshot()), sealed);
    Path back = dir.resolve("back");
    CacheStore.Opened opened = store.open(store.find(address("3")).orElseThrow());
    assertThat(opened).isInstanceOf(CacheStore.Opened.Whole.class);
    ((CacheStore.Opened.Whole) opened).restore(back);
    assertThat(
            Command.of("diff", "-r", "--no-dereference", cache.toString(), back.toString())
                .run()
                .text())
        .isEmpty();
  }

  @Test
  void whatIsNotThereIsEmptyAndWhatBreaksIsNotSaved() throws Exception {
    List<Node> none = new ArrayList<>();
    new GuestTree(this::run, dir.resolve("no").toString()).list(none::add);
    assertThat(none).isEmpty();
    GuestTree broken =
        new GuestTree(
            (argv, in, out) -> {
              if (argv.get(2).contains("tar -cf")) {
                throw new IOException("the connection broke");
              }
              run(argv, in, out);
            },
            cache.toString());
    assertThatThrownBy(() -> store.save(address("4"), broken, Basis.of(address("4").scope())))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the connection broke");
    assertThat(store.find(address("4"))).isEmpty();
  }

  /// A time after all that was done, and before all that will be.
  private long seal() throws IOException {
    Path probe = dir.resolve("probe");
    long before = changed(Files.writeString(probe, "1"));
    while (changed(Files.writeString(probe, "2")) == before) {
      Thread.onSpinWait();
    }
    return changed(probe);
  }

  private static long changed(Path file) throws IOException {
    FileTime time = (FileTime) Files.getAttribute(file, "unix:ctime");
    Instant instant = time.toInstant();
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }

  private Saved save(String build, Optional<String> snapshot, long sealed) {
    return store.save(address(build), tree(), new Basis(snapshot, sealed, List.of(), true));
  }

  private static Address address(String build) {
    return new Address(
        Scope.parse("p/main", "linux-x64-release"),
        build,
        "step",
        Kind.directory("things", "things"));
  }

  private GuestTree tree() {
    return new GuestTree(this::run, cache.toString());
  }

  @Test
  void aGuestThatPrintsWithoutEndIsStopped() {
    byte[] some = new byte[1 << 20];
    for (byte fill : new byte[] {'x', 0}) {
      Arrays.fill(some, fill);
      GuestTree endless =
          new GuestTree(
              (argv, in, out) -> {
                for (int i = 0; i < 200; i++) {
                  out.write(some);
                }
              },
              "/cache");
      assertThatThrownBy(() -> endless.list(_ -> {}))
          .isInstanceOf(IOException.class)
          .hasMessage("the guest's list of files is longer than 134217728 bytes");
    }
    byte[] many =
        "f\0000644\0001\0001\0001\0001\0001\000x\000\0001\0"
            .repeat(1 << 20)
            .getBytes(StandardCharsets.UTF_8);
    GuestTree crowded =
        new GuestTree(
            (argv, in, out) -> {
              out.write(many);
              out.write(many);
            },
            "/cache");
    assertThatThrownBy(() -> crowded.list(_ -> {}))
        .hasMessage("the guest's list has more than 1048576 files");
  }

  @Test
  void endsOfFilesThatNobodyHasAreNotKept() throws Exception {
    byte[] some = new byte[1 << 20];
    AtomicLong taken = new AtomicLong();
    GuestTree tree =
        new GuestTree(
            (argv, in, out) -> {
              if (argv.getFirst().equals("perl")) {
                for (int i = 0; i < 200; i++) {
                  out.write(some);
                  taken.addAndGet(some.length);
                }
              }
              run(argv, in, out);
            },
            cache.toString());
    List<Node> nodes = new ArrayList<>();
    tree.list(nodes::add);
    Node.File large = (Node.File) nodes.get(4);

    assertThat(tree.tail(large)).isEmpty();
    assertThat(taken).hasValue(0);
  }

  /// A guest may have mounted something there.
  @Test
  void inodesOfTwoFileSystemsAreNotOneFile() throws Exception {
    String entry = "f\0" + "644\0" + "1\0" + "1.5\0" + "1.5\0" + "2\0" + "77\0";
    String all = entry + "a\0\0" + "1\0" + entry + "b\0\0" + "2\0" + entry + "c\0\0" + "1\0";
    List<Node> nodes = new ArrayList<>();
    new GuestTree((argv, in, out) -> out.write(all.getBytes(StandardCharsets.UTF_8)), "/cache")
        .list(nodes::add);

    assertThat(nodes.get(1)).isInstanceOf(Node.File.class);
    assertThat(nodes.get(2)).isEqualTo(new Node.Hardlink("c", "a"));
  }

  private void run(List<String> argv, InputStream in, OutputStream out) throws IOException {
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    in.transferTo(input);
    byte[] answer = Command.of(argv).input(input.toByteArray()).check().out();
    if (argv.get(2).contains("tar -cf")) {
      moved += answer.length;
    }
    out.write(answer);
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
