package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.PassedBuilds.Build;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A step's whole way: restore, command, save, and the next build's restore.
class StepCachesTest {
  @TempDir Path dir;
  private SnapshotStore store;
  private final List<String> log = new ArrayList<>();
  private final List<Build> builds = new ArrayList<>();
  private final Map<String, String> env = new HashMap<>();

  @BeforeEach
  void job() {
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    env.put("BUILDKITE_PIPELINE_SLUG", "bun");
    env.put("BUILDKITE_BRANCH", "main");
    env.put("BUILDKITE_BUILD_ID", "b1");
    env.put("BUILDKITE_STEP_KEY", "linux-build-zig");
  }

  @Test
  void whatOneBuildSavesTheNextRestores() throws IOException {
    assertThat(caches().restore(new Guest())).extracting(CacheReport::source).containsOnlyNulls();
    fill();
    assertThat(caches().save(new Guest()))
        .extracting(CacheReport::kind, CacheReport::source, CacheReport::files)
        .containsExactly(tuple("zig-local", "b1", 2L), tuple("zig-global", "b1", 2L));

    next();
    assertThat(caches().restore(new Guest()))
        .extracting(CacheReport::kind, CacheReport::source, CacheReport::bytes)
        .containsExactly(tuple("zig-local", "b1", 2L), tuple("zig-global", "b1", 2L));
    for (String part : List.of("zig/local", "zig/global")) {
      assertThat(Tree.describe(dir.resolve("guest").resolve(part)))
          .isEqualTo(Tree.describe(dir.resolve("was").resolve(part)));
    }
    assertThat(log).anyMatch(l -> l.contains("zig-local, zig-global from build 1 of main (b1)"));
  }

  @Test
  void jobsOfAParallelStepKeepTheirCachesApart() throws IOException {
    env.put("BUILDKITE_PARALLEL_JOB_COUNT", "2");
    for (String job : List.of("0", "1")) {
      env.put("BUILDKITE_PARALLEL_JOB", job);
      fill();
      Files.writeString(dir.resolve("guest/zig/local/o/1"), "of job " + job);
      caches().save(new Guest());
    }
    next();
    for (String job : List.of("0", "1")) {
      env.put("BUILDKITE_PARALLEL_JOB", job);
      assertThat(caches().restore(new Guest())).extracting(CacheReport::source).containsOnly("b1");
      assertThat(dir.resolve("guest/zig/local/o/1")).hasContent("of job " + job);
    }
    env.keySet().removeAll(List.of("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"));
    caches().restore(new Guest());
    assertThat(dir.resolve("guest/zig/local/o/1")).hasContent("of job 0");
  }

  @Test
  void aForkReadsAndDoesNotSave() throws IOException {
    fill();
    caches().save(new Guest());
    next();
    env.put("BUILDKITE_PULL_REQUEST", "5");
    env.put("BUILDKITE_PULL_REQUEST_REPO", "https://github.com/mallory/bun");
    env.put("BUILDKITE_REPO", "https://github.com/oven-sh/bun");
    env.put("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main");

    assertThat(caches().restore(new Guest())).extracting(CacheReport::source).containsOnly("b1");
    assertThat(caches().save(new Guest()))
        .extracting(CacheReport::why)
        .allMatch(why -> why.contains("builds of forks and tags and triggered ones only read"));
    assertThat(store.all()).hasSize(2);
  }

  @Test
  void strategiesHoldAndAreNamed() throws IOException {
    fill();
    env.put("CACHE_STRATEGY", "read-only");
    assertThat(caches().save(new Guest())).isEmpty();
    env.put("CACHE_STRATEGY", "disabled");
    assertThat(caches().save(new Guest())).isEmpty();
    assertThat(caches().restore(new Guest())).isEmpty();
    env.put("CACHE_STRATEGY", "write-only");
    assertThat(caches().save(new Guest())).hasSize(2);
    assertThat(caches().restore(new Guest())).isEmpty();

    assertThat(log)
        .contains(
            "Caches: nothing to save: the strategy is read-only",
            "Caches: nothing to restore: caches are disabled by CACHE_STRATEGY=disabled",
            "Caches: nothing to restore: the strategy is write-only");
  }

  @Test
  void aGuestThatIsLostIsNoFailureAndLeavesNoHalf() throws IOException {
    fill();
    caches().save(new Guest());
    next();

    List<CacheReport> reports =
        caches()
            .restore(
                new Guest() {
                  @Override
                  public void unpack(Kind kind, String of, InputStream tar) throws IOException {
                    if (kind.equals(Kind.ZIG_GLOBAL) && tar.read() >= 0) {
                      throw new IOException("connection lost");
                    }
                    super.unpack(kind, of, tar);
                  }
                });

    assertThat(reports).extracting(CacheReport::source).containsOnlyNulls();
    assertThat(reports.getLast().why()).contains("connection lost");
    assertThat(dir.resolve("guest/zig/local")).isEmptyDirectory();
  }

  @Test
  void aSaveThatFailsIsAWarningAndTheOtherKindIsSaved() throws IOException {
    fill();

    List<CacheReport> reports =
        caches()
            .save(
                new Guest() {
                  @Override
                  public void pack(Kind kind, OutputStream out) throws IOException {
                    if (kind.equals(Kind.ZIG_LOCAL)) {
                      throw new UserError("tar ended with status 2", "look");
                    }
                    super.pack(kind, out);
                  }
                });

    assertThat(reports.getFirst().source()).isNull();
    assertThat(reports.getFirst().why()).contains("warning", "tar ended with status 2");
    assertThat(reports.getLast().source()).isEqualTo("b1");
  }

  @Test
  void anUnchangedCacheIsSavedAgainWithoutMovingIt() throws IOException {
    fill();
    caches().save(new Guest());
    next();
    StepCaches second = caches();
    second.restore(new Guest());
    Files.writeString(dir.resolve("guest/zig/local/h/2"), "new");

    List<CacheReport> reports = second.save(new Guest());

    assertThat(reports).extracting(CacheReport::source).containsOnly("b2");
    assertThat(reports.getFirst().why()).startsWith("as ");
    assertThat(reports.getLast().why()).isEqualTo("unchanged since it was restored");
    assertThat(snapshots()).hasSize(3);
    assertThat(store.all()).hasSize(4);
    Entry again =
        store.all().stream().filter(e -> e.address().build().equals("b2")).toList().get(0);
    assertThat(store.open(again)).isInstanceOf(CacheStore.Opened.Whole.class);
  }

  @Test
  void aStepThatDidNotRunHandsItsCachesOn() throws IOException {
    fill();
    caches().save(new Guest());
    next();
    caches().carry();
    assertThat(log).contains("Caches: carried on: zig-local", "Caches: carried on: zig-global");
    assertThat(snapshots()).hasSize(2);

    builds.clear();
    builds.add(new Build("b2", 2, "passed", "main", OptionalInt.empty(), "c2", List.of()));
    env.put("BUILDKITE_BUILD_ID", "b3");
    assertThat(caches().restore(new Guest())).extracting(CacheReport::source).containsOnly("b2");

    env.put("CACHE_STRATEGY", "read-only");
    caches().carry();
    assertThat(store.all()).hasSize(4);
  }

  @Test
  void everyChangeIsSeen() throws IOException {
    Path file = dir.resolve("guest/zig/global/h/1");
    Map<String, Change> changes =
        Map.of(
            "content", () -> Files.writeString(file, "longer"),
            "same size, replaced",
                () -> {
                  Path fresh = Files.writeString(file.resolveSibling("fresh"), "y");
                  Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
                },
            "mode",
                () ->
                    Files.setPosixFilePermissions(
                        file, PosixFilePermissions.fromString("r--------")),
            "added directory", () -> Files.createDirectory(file.resolveSibling("d")),
            "removed", () -> Files.delete(file),
            "the whole cache", () -> Files.move(dir.resolve("guest"), dir.resolve("away")));
    for (Map.Entry<String, Change> change : changes.entrySet()) {
      fill();
      byte[] tar = tar();
      guest(Kind.ZIG_GLOBAL).unpack(Kind.ZIG_GLOBAL, "it", new ByteArrayInputStream(tar));
      assertThat(guest(Kind.ZIG_GLOBAL).unchanged(Kind.ZIG_GLOBAL, "it")).isTrue();
      assertThat(guest(Kind.ZIG_GLOBAL).unchanged(Kind.ZIG_GLOBAL, "another")).isFalse();
      change.getValue().make();
      assertThat(guest(Kind.ZIG_GLOBAL).unchanged(Kind.ZIG_GLOBAL, "it"))
          .as(change.getKey())
          .isFalse();
      Directories.delete(dir.resolve("guest"));
    }
  }

  private interface Change {
    void make() throws IOException;
  }

  private byte[] tar() throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    guest(Kind.ZIG_GLOBAL).pack(Kind.ZIG_GLOBAL, tar);
    return tar.toByteArray();
  }

  private List<Path> snapshots() throws IOException {
    try (var files = Files.list(dir.resolve("store/snapshots"))) {
      return files.toList();
    }
  }

  private static Tuple tuple(Object... values) {
    return Tuple.tuple(values);
  }

  private void fill() throws IOException {
    for (String part : List.of("local", "global")) {
      for (String name : List.of("h/1", "o/1")) {
        Path file = dir.resolve("guest/zig").resolve(part).resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "x");
      }
    }
  }

  /// The build passed; the next one starts in a clean guest.
  private void next() throws IOException {
    builds.add(new Build("b1", 1, "passed", "main", OptionalInt.empty(), "c1", List.of()));
    Files.move(dir.resolve("guest"), dir.resolve("was"));
    env.put("BUILDKITE_BUILD_ID", "b2");
  }

  private StepCaches caches() {
    JobIdentity job = JobIdentity.of(env);
    StepRule rule = new StepRule(StepRule.DEFAULT_STEPS, Map.of());
    Decision decision = rule.decide(job.step().key(), env);
    Access access = Access.of(job, "linux-x64-release");
    PassedBuilds passed =
        (branch, limit) -> builds.stream().filter(b -> b.branch().equals(branch)).toList();
    Sources sources = new BuildSources(store, passed, Ancestry.UNKNOWN, rule, job, access);
    return new StepCaches(store, sources, access, job, decision, log::add);
  }

  private LocalGuest guest(Kind kind) {
    return new LocalGuest(kind.under(dir.resolve("guest")));
  }

  /// Looks at each kind's directory as a guest would.
  private class Guest implements TarPlace {
    @Override
    public void unpack(Kind kind, String of, InputStream tar) throws IOException {
      guest(kind).unpack(kind, of, tar);
    }

    @Override
    public void pack(Kind kind, OutputStream tar) throws IOException {
      guest(kind).pack(kind, tar);
    }

    @Override
    public boolean unchanged(Kind kind, String of) {
      return guest(kind).unchanged(kind, of);
    }
  }
}
