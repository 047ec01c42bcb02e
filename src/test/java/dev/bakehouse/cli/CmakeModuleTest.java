package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `cmake/Bakehouse.cmake` with the real CMake, ccache and Zig, in a project whose paths have
/// blanks and quotes in them.
class CmakeModuleTest {
  private static final Path MODULE = Path.of("cmake/Bakehouse.cmake").toAbsolutePath();
  private static final String CHOICES = "Use read-write, read-only, write-only, disabled or none.";

  @TempDir Path temp;
  private Path dir;
  private final Map<String, String> env = new HashMap<>();

  @BeforeEach
  void project() throws IOException {
    for (String program : List.of("cmake", "ninja", "ccache", "cc", "git")) {
      assertThat(Command.of("sh", "-c", "command -v " + program).run().ok())
          .as("%s; install it: apt-get install cmake ninja-build ccache gcc libc6-dev", program)
          .isTrue();
    }
    dir = Files.createDirectories(temp.resolve("a person's project"));
    Files.writeString(
        dir.resolve("CMakeLists.txt"),
        "cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES C)\ninclude(\""
            + MODULE
            + "\")\nadd_library(part STATIC a.c b.c)\n"
            + "if(ZIG)\n  add_custom_target(zig COMMAND ${BAKEHOUSE_ZIG} perl ${ZIG_OBJ} ${CMAKE_BINARY_DIR}/z.o\n"
            + "    ${CMAKE_BINARY_DIR}/stats ${ZIG} build-obj -O Debug --name z ${CMAKE_SOURCE_DIR}/z.zig\n"
            + "    -target x86_64-linux-gnu -mcpu baseline VERBATIM)\nendif()\n");
    Files.writeString(dir.resolve("a.c"), "int a(void) { return 1; }\n");
    Files.writeString(dir.resolve("b.c"), "int b(void) { return 2; }\n");
    Path bin = Bakehouse.launcher(temp.resolve("bin")).getParent();
    env.put("PATH", bin + ":" + System.getenv("PATH"));
    env.put("CACHE_PATH", dir.resolve("the cache").toString());
    env.put("CCACHE_STATSLOG", temp.resolve("log").toString());
    env.put("BAKEHOUSE_CACHE_STORE", "dir:" + temp.resolve("store"));
    env.put("BAKEHOUSE_CACHE_SCOPE", "p/main");
  }

  @Test
  void aColdBuildFillsWhatAWarmOneFindsInAnEmptyDirectory() throws IOException {
    assertThat(configure("-DBUN_CPP_ONLY=ON"))
        .containsSubsequence(
            "-- Restoring Buildkite cache artifacts...",
            "--   No ccache-cache.tar.gz found (normal for first builds)",
            "-- === CACHE UPLOAD DEBUG ===",
            "-- BUN_CPP_ONLY: ON",
            "-- C++ build step - will upload ccache",
            "-- Created real ccache upload target",
            "-- Created upload-all-caches meta target with dependencies: upload-ccache-cache");
    assertThat(build("part").ok()).isTrue();
    assertThat(counted()).containsEntry("cache_miss", 2L).doesNotContainKey("direct_cache_hit");
    assertThat(text(build("upload-all-caches"))).contains("ccache: ").contains(" files uploaded");

    remove("the cache");
    remove("build");
    assertThat(configure("-DBUN_CPP_ONLY=ON"))
        .containsPattern("--   Attempting to download ccache-cache.tar.gz from build local-[0-9]+-")
        .containsPattern("--   ✅ Restored ccache-cache.tar.gz: [0-9]+ files");
    Files.delete(temp.resolve("log"));
    assertThat(build("part").ok()).isTrue();
    assertThat(counted()).containsEntry("direct_cache_hit", 2L).doesNotContainKey("cache_miss");

    assertThat(configure("-DBUN_CPP_ONLY=ON"))
        .as("a cache that is there is nearer than any other")
        .contains("ccache is in " + env.get("CACHE_PATH") + " already");
  }

  @Test
  void theStrategyIsReadWhenACompilerOrATargetRuns() throws IOException {
    configure("-DBUN_CPP_ONLY=ON");

    env.put("CACHE_STRATEGY", "disabled");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains("not uploaded: the strategy is disabled");
    assertThat(temp.resolve("log")).doesNotExist();
    assertThat(dir.resolve("the cache")).doesNotExist();

    env.put("CACHE_STRATEGY", "read-only");
    touch();
    assertThat(build("part").ok()).isTrue();
    assertThat(files("the cache")).as("nothing is stored").noneMatch(f -> f.endsWith("R"));
    assertThat(text(build("upload-ccache-cache"))).contains("the strategy is read-only");

    env.remove("CACHE_STRATEGY");
    env.put("BUILDKITE_CACHE", "OFF");
    assertThat(text(build("upload-all-caches"))).contains("the strategy is disabled");
    assertThat(temp.resolve("store")).doesNotExist();
    env.remove("BUILDKITE_CACHE");

    env.put("CACHE_STRATEGY", "write-only");
    touch();
    assertThat(build("part").ok()).isTrue();
    assertThat(files("the cache")).anyMatch(f -> f.endsWith("R"));
    assertThat(text(build("upload-all-caches"))).contains("files uploaded");
    assertThat(configure("-DBUN_CPP_ONLY=ON"))
        .contains("Cache disabled: the strategy is write-only");
  }

  /// As other CIs check out a pull request.
  @Test
  void aCommitWithoutABranchIsNotSavedAsMains() throws IOException {
    env.remove("BAKEHOUSE_CACHE_SCOPE");
    git("init", "-q", "-b", "main");
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x");
    configure("-DBUN_CPP_ONLY=ON");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains("/main (");
    git("checkout", "-q", "--detach");
    remove("the cache");
    remove("build");
    assertThat(configure("-DBUN_CPP_ONLY=ON")).as("it starts from main's").contains("✅ Restored");
    assertThat(text(build("upload-all-caches")))
        .containsPattern("/detached:[0-9a-f]{40} \\(|unchanged since it was restored");
    assertThat(files("../store/manifests")).anyMatch(f -> f.contains("detached"));
  }

  @Test
  void aBranchStartsFromTheMainBranchWhateverItsName() throws IOException {
    env.remove("BAKEHOUSE_CACHE_SCOPE");
    git("init", "-q", "-b", "trunk");
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x");
    git("update-ref", "refs/remotes/origin/trunk", "HEAD");
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
    configure("-DBUN_CPP_ONLY=ON");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains("/trunk (");

    git("checkout", "-q", "-b", "feature");
    for (String named : List.of("", "trunk")) {
      env.put("BUILDKITE_PIPELINE_DEFAULT_BRANCH", named);
      remove("the cache");
      remove("build");
      assertThat(configure("-DBUN_CPP_ONLY=ON")).contains("✅ Restored");
      git("symbolic-ref", "-d", "refs/remotes/origin/HEAD");
      git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/other");
    }
  }

  /// Neither finds a single hit in the other's.
  @Test
  void aDebugBuildsCacheIsNotARelease() {
    configure("-DBUN_CPP_ONLY=ON", "-DCMAKE_BUILD_TYPE=Debug");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains("-debug)");

    remove("the cache");
    remove("build");
    assertThat(configure("-DBUN_CPP_ONLY=ON", "-DCMAKE_BUILD_TYPE=Release"))
        .contains("-release): nothing was saved there");
    remove("the cache");
    remove("build");
    assertThat(configure("-DBUN_CPP_ONLY=ON", "-DCMAKE_BUILD_TYPE=Debug")).contains("✅ Restored");
  }

  @Test
  void whatAKilledRestoreLeftIsRestoredAgain() throws IOException {
    configure("-DBUN_CPP_ONLY=ON");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains(" files uploaded");
    remove("the cache");
    Files.createDirectories(dir.resolve("the cache/ccache/0"));
    Files.writeString(dir.resolve("the cache/.ccache.bakehouse"), "partial\n");

    assertThat(configure("-DBUN_CPP_ONLY=ON")).contains("✅ Restored");
    assertThat(text(build("upload-all-caches")))
        .contains("files uploaded")
        .doesNotContain("warning");
  }

  @Test
  void whatCanNotBeUsedIsNoFirstBuild() {
    configure("-DBUN_CPP_ONLY=ON");
    assertThat(build("part").ok()).isTrue();
    assertThat(text(build("upload-all-caches"))).contains(" files uploaded");
    remove("the cache");
    remove("build");
    remove("../store/snapshots");

    assertThat(configure("-DBUN_CPP_ONLY=ON"))
        .containsPattern("nothing there can be used: build local-.* its snapshot is missing");
  }

  private void git(String... arguments) {
    List<String> line = new ArrayList<>(List.of("git"));
    line.addAll(List.of(arguments));
    Command.of(line).in(dir).check();
  }

  @Test
  void whatIsNotKnownStopsWithTheRightValues() throws IOException {
    configure("-DBUN_CPP_ONLY=ON");
    env.put("CACHE_STRATEGY", "sometimes");
    touch();
    assertThat(build("part").ok()).isFalse();
    assertThat(text(build("part"))).contains("CACHE_STRATEGY=sometimes is not known. " + CHOICES);
    Outcome target = build("upload-all-caches");
    assertThat(target.ok()).isFalse();
    assertThat(flat(target)).contains("CACHE_STRATEGY=sometimes is not known. " + CHOICES);

    remove("build");
    Outcome strategy = cmake("-DBUN_CPP_ONLY=ON");
    assertThat(strategy.ok()).isFalse();
    assertThat(flat(strategy)).contains("CACHE_STRATEGY=sometimes is not known. " + CHOICES);
    env.remove("CACHE_STRATEGY");
    env.put("BUILDKITE_CACHE", "maybe");
    assertThat(flat(cmake())).contains("Use BUILDKITE_CACHE=ON or OFF");
    env.remove("BUILDKITE_CACHE");
    assertThat(flat(cmake("-DCACHE_KINDS=ccache,gems")))
        .contains("Use ccache, zig-local, zig-global, bun or none.");
  }

  @Test
  void aLinkStepHasAllFourTargetsAndTheyDoNothing() {
    assertThat(configure("-DBUN_LINK_ONLY=ON"))
        .contains("Link step - will upload no caches")
        .contains("This step uses no caches");
    Outcome all =
        build(
            "upload-ccache-cache",
            "upload-zig-local-cache",
            "upload-zig-global-cache",
            "upload-all-caches");
    assertThat(all.ok()).as(all.complaint()).isTrue();
    assertThat(temp.resolve("store")).doesNotExist();
  }

  @Test
  void inAVmATargetLeavesARequestAndNothingElseRuns() throws IOException {
    Path requests = dir.resolve("requests");
    env.put("BAKEHOUSE_CACHE_REQUESTS", requests.toString());
    env.put(
        "BAKEHOUSE_CACHE_RESTORED",
        "{\"zig-local\":{\"kind\":\"zig-local\",\"source\":\"01234567-abcd\",\"files\":1250,\"why\":\"x\"},"
            + "\"zig-global\":{\"kind\":\"zig-global\",\"source\":null,\"files\":0,\"why\":\"no cache found in main\"}}");
    env.put("CACHE_KINDS", "zig-local,zig-global,gems");

    assertThat(configure())
        .containsSubsequence(
            "--   Attempting to download zig-local-cache.tar.gz from build 01234567-abcd",
            "--   ✅ Restored zig-local-cache.tar.gz: 1,250 files",
            "--   No zig-global-cache.tar.gz found (normal for first builds)",
            "--     no cache found in main",
            "-- Zig build step - will upload zig-local, zig-global");
    assertThat(build("upload-all-caches").ok()).isTrue();
    assertThat(requests.resolve("zig-local")).hasContent("save");
    assertThat(requests.resolve("zig-global")).hasContent("save");
    env.put("CACHE_STRATEGY", "read-only");
    assertThat(build("upload-zig-local-cache").ok()).isTrue();
    assertThat(requests.resolve("zig-local")).hasContent("skip");
    assertThat(temp.resolve("store")).doesNotExist();
  }

  @Test
  void withoutBakehouseTheCacheIsUsedAndStays() throws IOException {
    env.put("PATH", System.getenv("PATH"));
    env.remove("CACHE_PATH");
    env.put("XDG_CACHE_HOME", temp.resolve("xdg").toString());
    assertThat(Command.of("sh", "-c", "command -v bakehouse").run().ok())
        .as("this machine has a bakehouse on PATH: take it out")
        .isFalse();

    assertThat(configure("-DBUN_CPP_ONLY=ON")).contains("there is no `bakehouse` on PATH");
    assertThat(build("part").ok()).isTrue();
    Outcome upload = build("upload-all-caches");
    assertThat(upload.ok()).isTrue();
    assertThat(text(upload)).contains("not uploaded: there is no `bakehouse` on PATH");
    try (Stream<Path> all = Files.list(temp.resolve("xdg/bakehouse"))) {
      assertThat(all).singleElement().asString().matches(".*/a-person-s-project-main-[0-9a-f]{8}");
    }
    remove("build");
    configure("-DBUN_CPP_ONLY=ON");
    build("part");
    assertThat(counted()).containsEntry("direct_cache_hit", 2L);
  }

  /// Zig's own word on its caches; `zig` comes from the preparation of the guest image.
  @Test
  @Tag("vm")
  void zigsCachesComeBackTogether() throws IOException {
    Path image = Path.of(System.getenv().getOrDefault("BAKEHOUSE_TEST_IMAGE", "none"));
    Path zig = image.resolve("../../tools/zig/zig").normalize();
    assertThat(zig).as("zig; it comes with: ./bakehouse demo --prepare").isExecutable();
    Files.writeString(dir.resolve("z.zig"), "export fn z() c_int {\n    return 3;\n}\n");
    String[] options = {
      "-DZIG=" + zig, "-DZIG_OBJ=" + Path.of("examples/oven/ci/zig-obj.pl").toAbsolutePath()
    };

    assertThat(configure(options)).contains("Zig build step - will upload zig-local, zig-global");
    assertThat(text(build("zig"))).contains("zig: compiled");
    assertThat(build("upload-all-caches").ok()).isTrue();

    remove("the cache");
    remove("build");
    assertThat(configure(options))
        .contains("✅ Restored zig-local-cache.tar.gz")
        .contains("✅ Restored zig-global-cache.tar.gz");
    assertThat(text(build("zig"))).contains("zig: cached, 0 of ");
  }

  private String configure(String... options) {
    Outcome outcome = cmake(options);
    assertThat(outcome.ok()).as(outcome.complaint()).isTrue();
    return text(outcome);
  }

  private Outcome cmake(String... options) {
    return run(
        Command.of("cmake", "-S", dir.toString(), "-B", dir + "/build", "-G", "Ninja")
            .and(options));
  }

  private Outcome build(String... targets) {
    return run(Command.of("cmake", "--build", dir + "/build", "--target").and(targets));
  }

  private Outcome run(Command command) {
    Map<String, String> all = new HashMap<>(env);
    Command clean = Bakehouse.clean(command.in(temp).merged(), all);
    for (String name : List.of("BAKEHOUSE_CACHE_REQUESTS", "BAKEHOUSE_CACHE_RESTORED")) {
      clean = all.containsKey(name) ? clean : clean.env(name, null);
    }
    return clean.run();
  }

  private static String text(Outcome outcome) {
    return outcome.text();
  }

  /// CMake breaks the lines of an error.
  private static String flat(Outcome outcome) {
    return outcome.text().replaceAll("\\s+", " ");
  }

  /// What ccache did, from its log.
  private Map<String, Long> counted() throws IOException {
    return Files.readAllLines(temp.resolve("log")).stream()
        .collect(Collectors.groupingBy(l -> l, TreeMap::new, Collectors.counting()));
  }

  /// Sources that are new to the build, and not to ccache.
  private void touch() throws IOException {
    remove("build/CMakeFiles/part.dir");
  }

  private void remove(String name) {
    dev.bakehouse.platform.Directories.delete(dir.resolve(name));
  }

  private List<String> files(String name) throws IOException {
    if (!Files.exists(dir.resolve(name))) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(dir.resolve(name))) {
      return all.filter(Files::isRegularFile).map(Path::toString).toList();
    }
  }
}
