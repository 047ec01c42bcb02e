package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.PassedBuilds.Build;
import dev.bakehouse.cache.PassedBuilds.Job;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuildSourcesTest {
  private static final String PLATFORM = "linux-x64-release";
  private static final String STEP = "linux-build-zig";
  private static final List<Kind> ZIG = List.of(Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL);

  @TempDir Path dir;
  private SnapshotStore store;
  private String content = "";
  private final List<Build> builds = new ArrayList<>();
  private final Map<String, Integer> distances = new HashMap<>();
  private final Map<String, String> env = new HashMap<>();
  private int asked;

  @BeforeEach
  void job() throws IOException {
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    Files.writeString(Files.createDirectories(dir.resolve("cache/o")).resolve("x"), "x");
    env.put("BUILDKITE_PIPELINE_SLUG", "bun");
    env.put("BUILDKITE_BRANCH", "feature");
    env.put("BUILDKITE_BUILD_ID", "current");
  }

  @Test
  void theNewestPassedBuildOfTheBranchWins() {
    build(3, "feature", "passed").saved("branch", ZIG);
    build(4, "feature", "passed").saved("branch", ZIG);
    build(9, "main", "passed").saved("branch", ZIG);

    assertThat(source(ZIG)).isEqualTo("b4");
    assertThat(asked).as("main is not asked when the branch has one").isEqualTo(1);
  }

  @Test
  void elseMainsAndElseNothing() {
    assertThat(source(ZIG)).isEqualTo("none: no cache found in feature, main: no earlier build");

    build(9, "main", "passed").saved("branch", ZIG);
    assertThat(source(ZIG)).isEqualTo("b9");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "running",
        "scheduled",
        "creating",
        "failed",
        "failing",
        "canceled",
        "canceling",
        "blocked",
        "skipped",
        "not_run",
        "waiting"
      })
  void onlyAPassedBuildIsASource(String state) {
    build(3, "feature", "passed").saved("branch", ZIG);
    build(4, "feature", state).saved("branch", ZIG);

    assertThat(source(ZIG)).isEqualTo("b3");
    assertThat(reasons(ZIG)).containsExactly("build 4 of feature: it is not passed but " + state);
  }

  @Test
  void neverTheCurrentBuildEvenWhenItIsCalledPassed() {
    builds.add(new Build("current", 5, "passed", "feature", OptionalInt.empty(), "c5", List.of()));
    save("current", "branch", ZIG);

    assertThat(reasons(ZIG)).containsExactly("build 5 of feature: it is this build");
  }

  @Test
  void aCacheStepThatDidNotPassSpoilsAPassedBuild() {
    build(1, "feature", "passed", job("other-test-bun", "failed", 1)).saved("branch", ZIG);
    build(2, "feature", "passed", job(STEP, "failed", 1)).saved("branch", ZIG);
    build(3, "feature", "passed", job("mac-build-cpp", "failed", 7)).saved("branch", ZIG);
    build(4, "feature", "passed", job(STEP, "passed", 3)).saved("branch", ZIG);

    assertThat(source(ZIG)).isEqualTo("b1");
    assertThat(reasons(ZIG))
        .containsExactly(
            "build 4 of feature: its step linux-build-zig is not passed but passed (exit 3)",
            "build 3 of feature: its step mac-build-cpp is not passed but failed (exit 7)",
            "build 2 of feature: its step linux-build-zig is not passed but failed (exit 1)");
  }

  @Test
  void aRetriedJobAndAStepWithNothingToDoSpoilNothing() {
    Job first = new Job(STEP, "failed", OptionalInt.of(1), true);
    Job idle = new Job("mac-build-cpp", "broken", OptionalInt.empty(), false);
    build(2, "feature", "passed", first, job(STEP, "passed", 0), idle).saved("branch", ZIG);

    assertThat(source(ZIG)).isEqualTo("b2");
  }

  @Test
  void allCachesMustBeThereAndWhole() throws IOException {
    build(1, "feature", "passed").saved("branch", ZIG);
    build(2, "feature", "passed").saved("branch", ZIG);
    build(3, "feature", "passed").saved("branch", List.of(Kind.ZIG_LOCAL));
    build(4, "feature", "passed");
    Entry damaged = store.find(new Address(scope("b2"), "b2", STEP, Kind.ZIG_GLOBAL)).orElseThrow();
    corrupt(damaged);

    assertThat(source(ZIG)).isEqualTo("b1");
    assertThat(reasons(ZIG))
        .containsExactly(
            "build 4 of feature: it saved no zig-local, zig-global",
            "build 3 of feature: it saved no zig-global",
            "build 2 of feature: its zig-global can not be used: its list of shards has another checksum"
                + " than when it was saved");
  }

  @Test
  void aCompleteSourceOfMainBeatsAnIncompleteOneOfTheBranch() {
    List<Kind> both = List.of(Kind.CCACHE, Kind.BUN);
    build(4, "feature", "passed").saved("branch", List.of(Kind.CCACHE));
    assertThat(source(both)).as("an empty cache is never saved").isEqualTo("b4");

    build(9, "main", "passed").saved("branch", both);
    assertThat(source(both)).isEqualTo("b9");
  }

  @Test
  void halfOfZigIsNeverTaken() {
    build(4, "feature", "passed").saved("branch", List.of(Kind.ZIG_LOCAL));
    assertThat(source(ZIG)).startsWith("none");

    build(5, "feature", "passed").saved("branch", List.of(Kind.ZIG_LOCAL, Kind.CCACHE));
    Selection selection = select(List.of(Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL, Kind.CCACHE));
    assertThat(selection.source()).contains("b5");
    assertThat(selection.archive(Kind.CCACHE)).isPresent();
    assertThat(selection.archive(Kind.ZIG_LOCAL)).isEmpty();
  }

  @Test
  void theNearestCommitWinsOverTheNewest() {
    for (int number = 1; number <= 4; number++) {
      build(number, "feature", "passed").saved("branch", ZIG);
    }
    assertThat(source(ZIG)).as("no ancestry known").isEqualTo("b4");

    distances.put("c1", 7);
    distances.put("c3", 9);
    assertThat(source(ZIG)).isEqualTo("b1");

    distances.put("c2", 7);
    assertThat(source(ZIG)).as("the newer of two as near").isEqualTo("b2");

    distances.put("c4", 0);
    assertThat(source(ZIG)).isEqualTo("b4");
  }

  @Test
  void aNearCommitOfMainDoesNotBeatTheBranch() {
    build(1, "feature", "passed").saved("branch", ZIG);
    build(9, "main", "passed").saved("branch", ZIG);
    distances.put("c9", 1);

    assertThat(source(ZIG)).isEqualTo("b1");
  }

  @Test
  void aPullRequestsBranchNamedMainIsNotMain() {
    Build foreign = new Build("evil", 8, "passed", "main", OptionalInt.of(66), "c8", List.of());
    builds.add(foreign);
    save("evil", "pull", ZIG);
    store.save(
        new Address(scope("main", PLATFORM), "evil", STEP, Kind.ZIG_LOCAL),
        this::pack,
        CacheStore.Basis.of(scope("main", PLATFORM)));

    assertThat(source(ZIG)).startsWith("none");
    assertThat(reasons(ZIG)).isEmpty();
  }

  @Test
  void aPullRequestReadsItsOwnThenItsBranchThenItsBase() {
    env.put("BUILDKITE_PULL_REQUEST", "66");
    env.put("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "release");
    build(1, "main", "passed").saved("branch", ZIG);
    assertThat(source(ZIG)).isEqualTo("b1");
    build(2, "release", "passed").saved("branch", ZIG);
    assertThat(source(ZIG)).isEqualTo("b2");
    build(3, "feature", "passed").saved("branch", ZIG);
    assertThat(source(ZIG)).isEqualTo("b3");
    builds.add(0, new Build("own", 4, "passed", "feature", OptionalInt.of(66), "c4", List.of()));
    save("own", "pull", ZIG);
    assertThat(source(ZIG)).isEqualTo("own");
    builds.add(0, new Build("next", 5, "passed", "feature", OptionalInt.of(67), "c5", List.of()));
    assertThat(source(ZIG)).isEqualTo("own");
  }

  @Test
  void aCoordinatorThatDoesNotAnswerIsAMissWithAReason() {
    PassedBuilds broken =
        (branch, limit) -> {
          throw new UserError("connection refused", "start it");
        };
    Selection selection = sources(broken).select(Step.parse(STEP), ZIG);
    assertThat(selection.source()).isEmpty();
    assertThat(selection.explain())
        .containsExactly(
            "not from builds of feature: connection refused",
            "not from builds of main: connection refused",
            "no cache found in feature, main: none of the earlier builds can be used: builds of"
                + " feature: connection refused",
            "not reachable: start it");
  }

  @Test
  void theSearchIsBounded() {
    for (int number = 1; number <= 60; number++) {
      build(number, "feature", "passed");
    }
    build(1, "main", "passed").saved("branch", ZIG);

    assertThat(source(ZIG)).startsWith("none");
    assertThat(reasons(ZIG)).hasSize(9).last().asString().contains("8 were looked at");
    assertThat(asked).isLessThanOrEqualTo(2);
  }

  private record Made(BuildSourcesTest test, String id) {
    void saved(String where, List<Kind> kinds) {
      test.save(id, where, kinds);
    }
  }

  private Made build(int number, String branch, String state, Job... jobs) {
    List<Job> all = jobs.length == 0 ? List.of(job(STEP, "passed", 0)) : List.of(jobs);
    String id = "b" + number;
    builds.add(0, new Build(id, number, state, branch, OptionalInt.empty(), "c" + number, all));
    return new Made(this, id);
  }

  private static Job job(String step, String state, int exit) {
    return new Job(step, state, OptionalInt.of(exit), false);
  }

  private void save(String id, String where, List<Kind> kinds) {
    content = id;
    Scope scope = where.equals("pull") ? new Scope("bun", new Scope.Pull(66), PLATFORM) : scope(id);
    for (Kind kind : kinds) {
      store.save(new Address(scope, id, STEP, kind), this::pack, CacheStore.Basis.of(scope));
    }
  }

  private Scope scope(String id) {
    String branch =
        builds.stream().filter(b -> b.id().equals(id)).findFirst().orElseThrow().branch();
    return scope(branch, PLATFORM);
  }

  private static Scope scope(String branch, String platform) {
    return new Scope("bun", new Scope.Branch(branch), platform);
  }

  private void pack(OutputStream out) throws IOException {
    Files.writeString(dir.resolve("cache/o/of"), content);
    new LocalGuest(dir.resolve("cache")).pack(Kind.ZIG_LOCAL, out);
  }

  /// Changes one byte of the snapshot that an entry's manifest names.
  private void corrupt(Entry entry) throws IOException {
    Path root = dir.resolve("store");
    String manifest = Files.readString(root.resolve(Manifests.key(entry.address())));
    try (Stream<Path> all = Files.list(root.resolve("snapshots"))) {
      Path snapshot =
          all.filter(p -> manifest.contains(p.getFileName().toString())).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(snapshot);
      bytes[30] ^= 1;
      Files.write(snapshot, bytes);
    }
  }

  private BuildSources sources(PassedBuilds passed) {
    JobIdentity job = JobIdentity.of(env);
    Ancestry ancestry =
        commit ->
            distances.containsKey(commit)
                ? OptionalInt.of(distances.get(commit))
                : OptionalInt.empty();
    return new BuildSources(
        store,
        passed,
        ancestry,
        new StepRule(StepRule.DEFAULT_STEPS, Map.of()),
        job,
        Access.of(job, PLATFORM));
  }

  private Selection select(List<Kind> kinds) {
    asked = 0;
    return sources(
            (branch, limit) -> {
              asked++;
              return builds.stream().filter(b -> b.branch().equals(branch)).limit(limit).toList();
            })
        .select(Step.parse(STEP), kinds);
  }

  private String source(List<Kind> kinds) {
    Selection selection = select(kinds);
    return selection.source().orElseGet(() -> "none: " + selection.summary().split(";")[0]);
  }

  private List<String> reasons(List<Kind> kinds) {
    Selection selection = select(kinds);
    return selection.rejected().stream().map(Object::toString).toList();
  }
}
