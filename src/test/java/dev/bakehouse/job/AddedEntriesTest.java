package dev.bakehouse.job;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.More;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.snapshot.HostTree;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the real ccache of one host made is added to that of another, by the program that does it
/// in guests.
class AddedEntriesTest {
  private static final Scope MAIN = Scope.parse("p/main", "linux-x64-release");
  private static final List<String> COMPILED = List.of("a", "b", "c", "d");

  private Path dir;
  private SnapshotStore store;

  /// The program heeds how much of a disk is free, and a machine's own may be nearly full.
  @BeforeEach
  void make() throws IOException {
    assertThat(Command.of("sh", "-c", "command -v ccache && command -v cc").run().ok())
        .as("ccache and a C compiler; install them: apt-get install ccache gcc")
        .isTrue();
    dir = Files.createTempDirectory(Path.of("/dev/shm"), "bakehouse-added-entries");
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    source("head.h", "#define HEAD 1\n");
    for (String name : COMPILED) {
      source(name + ".c", "#include \"head.h\"\nint " + name + "(void) { return HEAD; }\n");
    }
    source("e.c", "int e(void) { return 5; }\n");
  }

  @AfterEach
  void delete() {
    Directories.delete(dir);
  }

  @Test
  void whatAnotherHostCompiledHitsDirectly() throws IOException {
    assertThat(build("one")).isEqualTo(Map.of("cache_miss", 5L));
    older("one");
    Entry before = save("one", "b1", Optional.empty());
    ((Opened.Whole) store.open(before)).restore(dir.resolve("two/ccache"));
    source("head.h", "#define HEAD 2\n");
    assertThat(build("two")).isEqualTo(Map.of("direct_cache_hit", 1L, "cache_miss", 4L));
    Entry after = save("two", "b2", Optional.of(before.snapshot()));
    Command.of("cp", "-a", "one", "without").in(dir).check();
    assertThat(build("without")).as("without it").containsEntry("cache_miss", 4L);

    More more = beyond(after, before.snapshot());
    assertThat(more.files()).as("a result and a manifest each").isEqualTo(8);
    assertThat(add("one", tar(more)).text()).isEqualTo("8 " + more.bytes());
    assertThat(build("one")).isEqualTo(Map.of("direct_cache_hit", 5L));
    assertThat(add("one", tar(more)).text()).as("nothing is newer").isEqualTo("0 0");
    assertThat(files("one")).containsAllEntriesOf(files("two"));
  }

  /// What a guest is sent ends wherever the job does.
  @Test
  void anArchiveCutAnywhereLeavesWholeFiles() throws IOException {
    build("two");
    Entry saved = save("two", "b2", Optional.empty());
    byte[] tar = tar(beyond(saved, ""));
    Map<String, byte[]> whole = files("two");
    Random random = new Random(5);
    int most = 0;
    for (int round = 0; round < 40; round++) {
      String host = "cut" + round;
      Outcome added = add(host, Arrays.copyOf(tar, random.nextInt(tar.length)));
      Map<String, byte[]> came = files(host);
      assertThat(added.text()).startsWith(came.size() + " ");
      came.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
      most = Math.max(most, came.size());
    }
    assertThat(most).isPositive();
  }

  @Test
  void damageInTheStoreIsLeftOut() throws IOException {
    build("two");
    Entry saved = save("two", "b2", Optional.empty());
    More more = beyond(saved, "");
    Map<String, byte[]> whole = files("two");
    String damaged = whole.keySet().iterator().next();
    damage(whole.get(damaged));
    List<String> lost = new ArrayList<>();
    try (InputStream in = more.tar(lost::add)) {
      add("one", in.readAllBytes());
    }
    assertThat(lost).singleElement().asString().startsWith(damaged + ": ");
    whole.remove(damaged);
    assertThat(files("one")).containsExactlyInAnyOrderEntriesOf(whole);
  }

  /// Turns a bit of an entry where it lies in the store, which keeps those as they are.
  private void damage(byte[] entry) throws IOException {
    String content = new String(entry, ISO_8859_1);
    int damaged = 0;
    try (Stream<Path> blobs = Files.walk(dir.resolve("store"))) {
      for (Path blob : blobs.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(blob);
        int at = new String(bytes, ISO_8859_1).indexOf(content);
        if (at >= 0) {
          bytes[at + entry.length / 2] ^= 1;
          Files.write(blob, bytes);
          damaged++;
        }
      }
    }
    assertThat(damaged).isEqualTo(1);
  }

  @Test
  void namesThatAreNoEntriesAreNotWritten() throws IOException {
    Path in = Files.createDirectories(dir.resolve("in"));
    String long130 = "x".repeat(130);
    for (String name : List.of("good", "-odd", "stats.lock", long130)) {
      Files.writeString(in.resolve(name), name);
    }
    Command.of("ln", "-s", "/etc", "link").in(in).check();
    byte[] tar =
        Command.of("tar", "-P", "--format=pax", "--transform", "s,^good$,../good,")
            .and("-cf", "-", "good", "./-odd", "stats.lock", long130, "link")
            .in(in)
            .check()
            .out();
    assertThat(add("one", tar).text()).isEqualTo("0 0");
    assertThat(files("one")).isEmpty();
    assertThat(dir.resolve("one/good")).doesNotExist();
  }

  /// A file that nobody touched for long.
  private void source(String name, String text) throws IOException {
    Files.writeString(dir.resolve(name), text);
    Command.of("touch", "-d", "1 hour ago", name).in(dir).check();
  }

  private void older(String host) {
    Command.of("find", host, "-exec", "touch", "-d", "30 minutes ago", "{}", "+").in(dir).check();
  }

  /// Compiles all on a host.
  ///
  /// @return what ccache counted
  private Map<String, Long> build(String host) {
    ccache(host, "--zero-stats");
    for (String name : Stream.concat(COMPILED.stream(), Stream.of("e")).toList()) {
      ccache(host, "cc", "-c", name + ".c", "-o", name + ".o");
    }
    Map<String, Long> counted = new TreeMap<>();
    for (String line : ccache(host, "--print-stats").lines().toList()) {
      String[] field = line.split("\t", -1);
      boolean asked = List.of("cache_miss", "direct_cache_hit").contains(field[0]);
      if ((asked || field[0].equals("preprocessed_cache_hit")) && !field[1].equals("0")) {
        counted.put(field[0], Long.parseLong(field[1]));
      }
    }
    return counted;
  }

  private String ccache(String host, String... arguments) {
    return Command.of("ccache")
        .and(arguments)
        .in(dir)
        .env("CCACHE_DIR", dir.resolve(host).resolve("ccache").toString())
        .env("CCACHE_CONFIGPATH", null)
        .check()
        .text();
  }

  private Entry save(String host, String build, Optional<String> snapshot) throws IOException {
    Address address = new Address(MAIN, build, "cpp", Kind.CCACHE);
    Saved saved =
        store.save(
            address,
            new HostTree(dir.resolve(host).resolve("ccache"), _ -> false),
            new Basis(snapshot, 0, List.of(), true));
    return saved.entry().orElseThrow();
  }

  private More beyond(Entry entry, String there) throws IOException {
    return ((Opened.Whole) store.open(entry)).beyond(there).orElseThrow();
  }

  private static byte[] tar(More more) throws IOException {
    List<String> lost = new ArrayList<>();
    try (InputStream in = more.tar(lost::add)) {
      byte[] bytes = in.readAllBytes();
      assertThat(lost).isEmpty();
      return bytes;
    }
  }

  private Outcome add(String host, byte[] tar) {
    List<String> argv = new GuestVolume(dir.resolve(host)).adding(Kind.CCACHE);
    return Command.of(argv).input(tar).check();
  }

  private Map<String, byte[]> files(String host) throws IOException {
    Path cache = dir.resolve(host).resolve("ccache");
    Map<String, byte[]> files = new TreeMap<>();
    if (Files.exists(cache)) {
      try (Stream<Path> all = Files.walk(cache)) {
        for (Path file : all.filter(Files::isRegularFile).toList()) {
          String name = cache.relativize(file).toString();
          if (Kind.CCACHE.worthSaving(name)) {
            files.put(name, Files.readAllBytes(file));
          } else {
            assertThat(name).as("what is left").doesNotContain("bakehouse");
          }
        }
      }
    }
    return files;
  }
}
