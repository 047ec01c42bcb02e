package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.PlainCaches;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.HeldJobs;
import dev.bakehouse.store.buildkite.HeldJobs.Held;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Archives that other programs put among the artifacts, and ours read by their commands.
@Tag("agent")
class PlainCachesTest {
  private static final Scope SCOPE = Scope.parse("test/main", "linux-x64-release");

  @TempDir static Path dir;
  private static HeldJobs jobs;
  private Held job;
  private Held other;

  @BeforeAll
  static void start() throws Exception {
    jobs = new HeldJobs(dir);
  }

  @BeforeEach
  void hold() {
    List<Held> both = jobs.hold("main", Map.of(), List.of("linux", "darwin"));
    job = both.getFirst();
    other = both.getLast();
  }

  @AfterEach
  void release() throws Exception {
    jobs.releaseAll();
  }

  @AfterAll
  static void stop() {
    jobs.close();
  }

  private PlainCaches caches(String name) {
    return new PlainCaches(
        new SnapshotStore(new DirectoryStore(dir.resolve(name))),
        new AgentArtifacts(job.env()),
        dir.resolve("scratch-" + name),
        true);
  }

  private Address address(Kind kind) {
    return new Address(SCOPE, job.build(), "linux", kind);
  }

  private void agent(Path in, String... words) {
    agent(job, in, words);
  }

  private static void agent(Held job, Path in, String... words) {
    Command command = Command.of("buildkite-agent").and(words).in(in);
    for (String name :
        List.of(
            "BUILDKITE_AGENT_ACCESS_TOKEN",
            "BUILDKITE_AGENT_ENDPOINT",
            "BUILDKITE_JOB_ID",
            "BUILDKITE_BUILD_ID")) {
      command = command.env(name, job.env().get(name));
    }
    command.check();
  }

  @Test
  void theirArchiveIsRestored() throws Exception {
    Path theirs = Files.createDirectories(dir.resolve("theirs/zig/o/1")).getParent().getParent();
    Files.writeString(theirs.resolve("o/1/obj"), "object");
    Files.createDirectories(theirs.resolve("h"));
    Files.writeString(theirs.resolve("h/1.txt"), "manifest");
    Command.of("tar", "czf", "zig-local-cache.tar.gz", "-C", "zig", ".")
        .in(dir.resolve("theirs"))
        .check();
    agent(dir.resolve("theirs"), "artifact", "upload", "zig-local-cache.tar.gz");
    assertThat(caches("reading").find(address(Kind.ZIG_LOCAL))).as("half of Zig's").isEmpty();
    Path global = dir.resolve("theirs/zig-global-cache.tar.gz");
    Files.copy(dir.resolve("theirs/zig-local-cache.tar.gz"), global);
    agent(dir.resolve("theirs"), "artifact", "upload", "zig-global-cache.tar.gz");

    CacheStore caches = caches("reading");
    Entry entry = caches.find(address(Kind.ZIG_LOCAL)).orElseThrow();
    ((Opened.Whole) caches.open(entry)).restore(dir.resolve("restored"));

    assertThat(dir.resolve("restored/o/1/obj")).hasContent("object");
    assertThat(dir.resolve("restored/h/1.txt")).hasContent("manifest");
    Address other = new Address(SCOPE, UUID.randomUUID().toString(), "", Kind.ZIG_LOCAL);
    assertThat(caches.find(other)).isEmpty();
    assertThat(caches.find(address(Kind.BUN))).isEmpty();
  }

  /// They all have the same names: those of another platform break a build.
  @Test
  void archivesAreOfTheStepThatAsksAndZigsTwoOfOneJob() throws Exception {
    Path place = Files.createDirectories(dir.resolve("mixed"));
    pack(place, "ccache-cache.tar.gz", "of darwin");
    agent(other, place, "artifact", "upload", "ccache-cache.tar.gz");
    pack(place, "zig-local-cache.tar.gz", "local of linux");
    agent(job, place, "artifact", "upload", "zig-local-cache.tar.gz");
    pack(place, "zig-global-cache.tar.gz", "global of darwin");
    agent(other, place, "artifact", "upload", "zig-global-cache.tar.gz");

    CacheStore caches = caches("mixing");
    for (Kind kind : List.of(Kind.CCACHE, Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL)) {
      assertThat(caches.find(address(kind))).as(kind.name()).isEmpty();
    }
    Address nobodys = new Address(SCOPE, job.build(), "", Kind.ZIG_LOCAL);
    assertThat(caches.find(nobodys)).as("halves of two jobs").isEmpty();
    Address theirs = new Address(SCOPE, job.build(), "darwin", Kind.CCACHE);
    assertThat(caches.find(theirs)).isPresent();
    pack(place, "ccache-cache.tar.gz", "of linux");
    agent(job, place, "artifact", "upload", "ccache-cache.tar.gz");
    Entry entry = caches.find(address(Kind.CCACHE)).orElseThrow();
    ((Opened.Whole) caches.open(entry)).restore(dir.resolve("unmixed"));
    assertThat(dir.resolve("unmixed/f")).hasContent("of linux");
    assertThat(caches.find(new Address(SCOPE, job.build(), "", Kind.CCACHE)))
        .as("nobody's, with two to choose from")
        .isEmpty();
  }

  @Test
  void aBombIsRefusedBeforeItFillsTheDisk() throws Exception {
    Path place = Files.createDirectories(dir.resolve("bomb"));
    try (RandomAccessFile zeros = new RandomAccessFile(place.resolve("f").toFile(), "rw")) {
      zeros.setLength(200 << 20);
    }
    Command.of("tar", "czf", "ccache-cache.tar.gz", "f").in(place).check();
    agent(place, "artifact", "upload", "ccache-cache.tar.gz");

    assertThatThrownBy(() -> caches("bombed").find(address(Kind.CCACHE)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("unpacks to more than");
    try (Stream<Path> left = Files.walk(dir.resolve("scratch-bombed"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  private static void pack(Path place, String archive, String content) throws Exception {
    Files.writeString(place.resolve("f"), content);
    Command.of("tar", "czf", archive, "f").in(place).check();
  }

  @Test
  void aHostileOrBrokenArchiveIsRefused() throws Exception {
    Path hostile = Files.createDirectories(dir.resolve("hostile/in"));
    Files.writeString(hostile.getParent().resolve("outside"), "x");
    Command.of("tar", "-czPf", "../zig-global-cache.tar.gz", "../outside").in(hostile).check();
    agent(hostile.getParent(), "artifact", "upload", "zig-global-cache.tar.gz");
    pack(hostile, "zig-local-cache.tar.gz", "good");
    agent(hostile, "artifact", "upload", "zig-local-cache.tar.gz");
    assertThatThrownBy(() -> caches("h").find(address(Kind.ZIG_GLOBAL)))
        .isInstanceOf(UserError.class);

    Files.writeString(hostile.getParent().resolve("zig-global-cache.tar.gz"), "no archive");
    agent(hostile.getParent(), "artifact", "upload", "zig-global-cache.tar.gz");
    assertThatThrownBy(() -> caches("h").find(address(Kind.ZIG_GLOBAL)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("zig-global-cache.tar.gz of build " + job.build());
  }

  @Test
  void oursIsReadByTheirCommands() throws Exception {
    Path cache = Files.createDirectories(dir.resolve("ours/0/a"));
    Files.writeString(cache.resolve("1R"), "an entry");
    new HostDirectory(dir.resolve("ours"))
        .save(caches("writing"), address(Kind.CCACHE), List.of(SCOPE), false);

    Path target = Files.createDirectories(dir.resolve("target"));
    agent(target, "artifact", "download", "ccache-cache.tar.gz", ".", "--build", job.build());
    Command.of("tar", "xzf", "ccache-cache.tar.gz").in(target).check();

    assertThat(target.resolve("0/a/1R")).hasContent("an entry");
  }
}
