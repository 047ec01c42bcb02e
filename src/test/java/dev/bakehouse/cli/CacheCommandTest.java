package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse cache …` as a process of its own: the environment decides.
class CacheCommandTest {
  @TempDir Path dir;

  @BeforeEach
  void cache() throws IOException {
    Files.writeString(Files.createDirectories(dir.resolve("c/o")).resolve("x"), "12345");
  }

  @Test
  void savesRestoresAndTells() throws IOException {
    JsonNode saved = json(Map.of(), "save", "--kind", "zig-local", "--path", "c");
    assertThat(saved.propertyNames())
        .contains("files", "bytes", "added", "reused", "seconds", "source");
    assertThat(saved.get("files").asInt()).isEqualTo(1);
    assertThat(saved.get("bytes").asInt()).isEqualTo(5);

    JsonNode restored = json(Map.of(), "restore", "--kind", "zig-local", "--path", "r/e");
    assertThat(restored.get("source")).isEqualTo(saved.get("source"));
    assertThat(dir.resolve("r/e/o/x")).hasContent("12345");

    assertThat(json(Map.of(), "list")).hasSize(1);
    assertThat(json(Map.of(), "show", "--kind", "zig-local").get("ref").asString())
        .isEqualTo("main");
    assertThat(json(Map.of(), "verify").get("damaged")).isEmpty();
    assertThat(json(Map.of(), "gc").get("kept").asInt()).isEqualTo(1);
    JsonNode stats = json(Map.of(), "stats");
    assertThat(stats.get("kinds").get(0).get("kind").asString()).isEqualTo("zig-local");
    assertThat(stats.get("history")).isEmpty();
  }

  @Test
  void aMissIsNoErrorAndTouchesNothing() throws IOException {
    JsonNode missed = json(Map.of(), "restore", "--kind", "zig-local", "--path", "c");

    assertThat(missed.get("source").isNull()).isTrue();
    assertThat(missed.get("files").asInt()).isZero();
    assertThat(dir.resolve("c/o/x")).hasContent("12345");
  }

  @Test
  void aDamagedCacheIsAMissAndVerifyTells() throws IOException {
    json(Map.of(), "save", "--kind", "zig-local", "--path", "c");
    try (Stream<Path> all = Files.list(dir.resolve("s/packs"))) {
      Files.writeString(all.findFirst().orElseThrow(), "damaged");
    }

    JsonNode missed = json(Map.of(), "restore", "--kind", "zig-local", "--path", "c");

    assertThat(missed.get("source").isNull()).isTrue();
    assertThat(run(Map.of(), "verify", "--store", "dir:s").status()).isEqualTo(Exit.FAILED);
  }

  @Test
  void scopesAndBuildsDoNotMix() throws IOException {
    json(Map.of(), "save", "--kind", "bun", "--path", "c", "--scope", "p/a/b", "--build", "1");

    assertThat(restored(Map.of(), "--scope", "p/a-b")).isEmpty();
    assertThat(restored(Map.of(), "--scope", "p/a/b", "--build", "2")).isEmpty();
    assertThat(restored(Map.of(), "--scope", "p/a/b", "--platform", "x")).isEmpty();
    assertThat(restored(Map.of(), "--scope", "p/a/b")).isEqualTo("1");
  }

  @Test
  void inAJobTheIdentityDecides() throws IOException {
    Map<String, String> job =
        Map.of(
            "BUILDKITE_JOB_ID",
            "j",
            "BUILDKITE_BUILD_ID",
            "b",
            "BUILDKITE_PIPELINE_SLUG",
            "bun",
            "BUILDKITE_BRANCH",
            "feature");
    Outcome refused =
        run(job, "save", "--kind", "bun", "--path", "c", "--store", "dir:s", "--scope", "bun/main");
    assertThat(refused.status()).isEqualTo(Exit.FAILED);
    assertThat(refused.complaint()).contains("--scope is refused");
    assertThat(dir.resolve("s/manifests")).doesNotExist();

    assertThat(json(job, "save", "--kind", "bun", "--path", "c").get("source").asString())
        .isEqualTo("b");
    assertThat(json(Map.of(), "list").get(0).get("ref").asString()).isEqualTo("feature");
    assertThat(restored(job)).as("never the current build").isEmpty();
  }

  @Test
  void inAJobTheSourceIsAPassedBuildOfItsCoordinator() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")))) {
      URI address = URI.create(coordinator.address() + "/v2");
      RestClient client = RestClient.of(address, "bakehouse", coordinator.apiToken());
      client.definePipeline("bun", "r", "main", "steps: [wait]");
      BuildInfo passed = client.create("bun", "HEAD", "main", "", Map.of());
      assertThat(client.build("bun", passed.number()).state()).isEqualTo("passed");
      client.definePipeline("bun", "r", "main", "steps: [{command: x}]");
      BuildInfo failed = client.create("bun", "HEAD", "main", "", Map.of());
      client.cancel("bun", failed.number());
      Files.writeString(
          dir.resolve("bakehouse.yml"),
          "api: {url: '" + address + "', token-file: '" + coordinator.apiToken() + "'}\n");
      for (BuildInfo build : List.of(passed, failed)) {
        json(job(build.id(), "main"), "save", "--kind", "bun", "--path", "c");
      }

      assertThat(restored(job("another", "main"))).isEqualTo(passed.id());
      assertThat(restored(job("another", "feature"))).as("main's").isEqualTo(passed.id());
      assertThat(restored(job(passed.id(), "main"))).as("never the current build").isEmpty();
    }
  }

  private static Map<String, String> job(String build, String branch) {
    return Map.of(
        "BUILDKITE_JOB_ID",
        "j",
        "BUILDKITE_BUILD_ID",
        build,
        "BUILDKITE_ORGANIZATION_SLUG",
        "bakehouse",
        "BUILDKITE_PIPELINE_SLUG",
        "bun",
        "BUILDKITE_BRANCH",
        branch);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void eachJobOfAParallelStepHasItsOwnCache(int jobs) throws Exception {
    for (int job = 0; job < jobs; job++) {
      Path content = Files.createDirectories(dir.resolve("c" + job + "/o"));
      Files.writeString(content.resolve("x"), String.valueOf(job).repeat(100 - 40 * job));
    }
    List<Callable<String>> saves = new ArrayList<>();
    for (int job = 0; job < jobs; job++) {
      Map<String, String> env = parallel("b1", job, jobs);
      String path = "c" + job;
      saves.add(() -> json(env, "save", "--kind", "bun", "--path", path).get("source").asString());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(jobs)) {
      for (Future<String> saved : threads.invokeAll(saves)) {
        assertThat(saved.get()).isEqualTo("b1");
      }
    }

    for (int job = 0; job < jobs; job++) {
      assertThat(restored(parallel("b2", job, jobs))).isEqualTo("b1");
      assertThat(dir.resolve("r/o/x")).hasSameTextualContentAs(dir.resolve("c" + job + "/o/x"));
    }
    assertThat(restored(parallel("b2", 0, 1), "--step", "s#1/" + jobs)).isEqualTo("b1");
    assertThat(dir.resolve("r/o/x"))
        .as("no place by name")
        .hasSameTextualContentAs(dir.resolve("c0/o/x"));
    assertThat(restored(parallel("b2", jobs, jobs + 1))).as("one job more").isEqualTo("b1");
    assertThat(dir.resolve("r/o/x")).hasSameTextualContentAs(dir.resolve("c0/o/x"));
    JsonNode one =
        json(Map.of(), "show", "--kind", "bun", "--scope", "bun/main", "--step", "s#1/" + jobs);
    assertThat(one.get("bytes").asInt()).isEqualTo(60);
  }

  private static Map<String, String> parallel(String build, int job, int jobs) {
    return Map.of(
        "BUILDKITE_JOB_ID",
        "j" + job,
        "BUILDKITE_BUILD_ID",
        build,
        "BUILDKITE_PIPELINE_SLUG",
        "bun",
        "BUILDKITE_BRANCH",
        "main",
        "BUILDKITE_STEP_KEY",
        "s",
        "BUILDKITE_PARALLEL_JOB",
        String.valueOf(job),
        "BUILDKITE_PARALLEL_JOB_COUNT",
        String.valueOf(jobs));
  }

  @Test
  void theStrategyIsReadWhenTheCommandRuns() throws IOException {
    JsonNode off =
        json(Map.of("CACHE_STRATEGY", "disabled"), "save", "--kind", "bun", "--path", "c");
    assertThat(off.get("source").isNull()).isTrue();
    assertThat(json(Map.of(), "list")).isEmpty();

    Outcome wrong =
        run(
            Map.of("CACHE_STRATEGY", "x"),
            "save",
            "--kind",
            "bun",
            "--path",
            "c",
            "--store",
            "dir:s");
    assertThat(wrong.status()).isEqualTo(Exit.FAILED);
    assertThat(wrong.complaint()).contains("read-write");
  }

  @Test
  void configuredDirectoriesAreKinds() throws IOException {
    Files.writeString(
        dir.resolve("bakehouse.yml"),
        "cache:\n  store: dir:own\n  directories:\n    gems: v/gems\n");

    Outcome saved = run(Map.of(), "save", "--kind", "gems", "--path", "c");

    assertThat(saved.status()).as(saved.complaint()).isZero();
    assertThat(dir.resolve("own/packs")).isNotEmptyDirectory();
  }

  /// Caches would be saved where nobody looks for them.
  @Test
  void aConfigurationThatIsNotUnderstoodIsNotTheDefaults() throws IOException {
    for (String wrong : List.of("cach: {store: dir:own}\n", "cache:\nstore: dir:own\n")) {
      Files.writeString(dir.resolve("bakehouse.yml"), wrong);
      Outcome refused = run(Map.of(), "save", "--kind", "bun", "--path", "c");
      assertThat(refused.status()).isEqualTo(Exit.FAILED);
      assertThat(refused.complaint()).contains("unknown key `", "Known here: agent, api, cache,");
    }
    Files.writeString(dir.resolve("bakehouse.yml"), "pipeline: {x: y}\ncache: {store: dir:own}\n");
    Outcome named =
        run(Map.of("BAKEHOUSE_CONFIG", "not/there.yml"), "save", "--kind", "bun", "--path", "c");
    assertThat(named.status()).isEqualTo(Exit.FAILED);
    assertThat(named.complaint()).contains("not/there.yml");
    assertThat(dir.resolve(".bakehouse")).doesNotExist();

    assertThat(run(Map.of(), "save", "--kind", "bun", "--path", "c").status()).isZero();
    assertThat(dir.resolve("own/packs")).isNotEmptyDirectory();
  }

  @Test
  void aDirectoryThatIsNoCacheStays() throws IOException {
    json(Map.of(), "save", "--kind", "bun", "--path", "c");
    Path thesis = dir.resolve("work/documents/thesis.txt");
    Files.writeString(Files.createDirectories(thesis.getParent()).resolve("thesis.txt"), "x");
    String[] restore = {"restore", "--kind", "bun", "--store", "dir:s", "--path", "work"};

    Outcome refused = run(Map.of(), restore);
    assertThat(refused.status()).isEqualTo(Exit.FAILED);
    assertThat(refused.complaint()).contains("it holds `documents`", "--replace");

    Path git = Files.createDirectories(dir.resolve("work/.git"));
    List<String> replace = new ArrayList<>(List.of(restore));
    replace.add("--replace");
    for (Map.Entry<String, Path> each :
        Map.of("`.git`", dir, "the home directory", dir.resolve("work/documents")).entrySet()) {
      Outcome never =
          run(Map.of("HOME", each.getValue().toString()), replace.toArray(String[]::new));
      assertThat(never.status()).isEqualTo(Exit.FAILED);
      assertThat(never.complaint()).contains(each.getKey());
    }
    replace.set(replace.indexOf("work"), ".");
    assertThat(run(Map.of(), replace.toArray(String[]::new)).complaint())
        .contains("it is the current directory");
    assertThat(thesis).hasContent("x");
    assertThat(dir.resolve(".work.bakehouse")).doesNotExist();
    assertThat(dir.resolve(".work.bakehouse.lock")).doesNotExist();

    Files.delete(git);
    json(Map.of(), "restore", "--kind", "bun", "--path", "work", "--replace");
    assertThat(thesis).doesNotExist();
    assertThat(restored(Map.of())).isNotEmpty();
    assertThat(json(Map.of(), "restore", "--kind", "bun", "--path", "work").get("reused").asInt())
        .as("it is a cache now")
        .isEqualTo(5);
  }

  @Test
  void aFileIsNoPlaceForACache() throws IOException {
    json(Map.of(), "save", "--kind", "bun", "--path", "c");
    Path file = Files.writeString(dir.resolve("afile"), "hello");

    Outcome refused =
        run(Map.of(), "restore", "--kind", "bun", "--store", "dir:s", "--path", "afile");

    assertThat(refused.status()).isEqualTo(Exit.FAILED);
    assertThat(refused.complaint()).contains("afile is no directory");
    assertThat(file).hasContent("hello");
    try (Stream<Path> all = Files.list(dir)) {
      assertThat(all.map(each -> each.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".afile"));
    }
  }

  private String restored(Map<String, String> env, String... more) {
    List<String> all = new ArrayList<>(List.of("restore", "--kind", "bun", "--path", "r"));
    all.addAll(List.of(more));
    JsonNode source = json(env, all.toArray(String[]::new)).get("source");
    return source.isNull() ? "" : source.asString();
  }

  private JsonNode json(Map<String, String> env, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--store", "dir:s", "--json"));
    Outcome outcome = run(env, all.toArray(String[]::new));
    assertThat(outcome.status()).as(outcome.complaint()).isZero();
    return JsonMapper.builder().build().readTree(outcome.text());
  }

  private Outcome run(Map<String, String> env, String... arguments) {
    Command command =
        Command.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "cache")
            .and(arguments)
            .in(dir)
            .env("BAKEHOUSE_CONFIG", null)
            .env("BUILDKITE_JOB_ID", null)
            .env("BUILDKITE_STEP_KEY", null)
            .env("BUILDKITE_PARALLEL_JOB", null)
            .env("BUILDKITE_PARALLEL_JOB_COUNT", null)
            .env("BUILDKITE_CACHE", null)
            .env("CACHE_STRATEGY", null);
    for (Map.Entry<String, String> each : env.entrySet()) {
      command = command.env(each.getKey(), each.getValue());
    }
    return command.run();
  }
}
