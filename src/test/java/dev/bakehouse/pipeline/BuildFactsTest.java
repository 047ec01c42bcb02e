package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a build's message, branch and origin make of the generated pipeline.
class BuildFactsTest {
  private static final String CONFIG =
      """
      pipeline:
        AFFINITY
        image-step: IMAGE
        targets: {darwin-aarch64: {}, linux-x64: {}, windows-x64: {enabled: false}}
        steps: {cpp: {command: c}, link: {command: l}, test: {command: t}}
        release: {command: ship, agents: {queue: linux}}
      """;

  private static PipelineConfig config(String affinity, boolean image) {
    String text = CONFIG.replace("AFFINITY", affinity).replace("IMAGE", String.valueOf(image));
    return PipelineConfig.read(Yaml.parse("bakehouse.yml", text));
  }

  private static Map<String, String> env(String... more) {
    Map<String, String> env = new HashMap<>();
    env.put("BUILDKITE_REPO", "git@github.com:oven-sh/bun.git");
    env.put("BUILDKITE_BRANCH", "feature");
    env.put("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main");
    env.put("BUILDKITE_PULL_REQUEST", "false");
    for (int i = 0; i < more.length; i += 2) {
      env.put("BUILDKITE_" + more[i], more[i + 1]);
    }
    return env;
  }

  private static JsonNode steps(PipelineConfig config, BuildFacts facts) {
    return JsonMapper.shared().readTree(Generate.pipeline(config, facts).json()).path("steps");
  }

  private static List<JsonNode> commands(JsonNode steps) {
    List<JsonNode> all = new ArrayList<>();
    for (JsonNode step : steps) {
      if (step.has("group")) {
        step.path("steps").forEach(all::add);
      } else if (step.has("command")) {
        all.add(step);
      }
    }
    return all;
  }

  private static String suffixes(PipelineConfig config, BuildFacts facts) {
    return String.join(
        " ",
        commands(steps(config, facts)).stream()
            .map(s -> s.path("key").asString().replace("darwin-aarch64-", ""))
            .filter(key -> !key.startsWith("linux"))
            .toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Fix it; ; build-cpp build-bun test-bun",
        "[skip ci] Fix; SKIP_CI; ''",
        "Fix [Skip Builds]; SKIP_BUILDS; test-bun",
        "Fix [only tests]; SKIP_BUILDS; test-bun",
        "Fix\\n\\n[no tests]; SKIP_TESTS; build-cpp build-bun",
        "[only build] x; SKIP_TESTS; build-cpp build-bun",
        "[build images]; BUILD_IMAGES; image build-cpp build-bun test-bun",
        "[publish image][force builds]; PUBLISH_IMAGES FORCE_BUILDS; build-cpp build-bun test-bun",
        "[release] [dry run]; RELEASE DRY_RUN; build-cpp build-bun test-bun release",
        "skip tests; ; build-cpp build-bun test-bun",
        "[skip tests; ; build-cpp build-bun test-bun",
      })
  void theMessageSaysWhatIsBuilt(String message, String options, String steps) {
    BuildFacts facts = BuildFacts.of(env("MESSAGE", message.replace("\\n", "\n")));
    assertThat(facts.options().stream().map(Enum::name))
        .containsExactlyInAnyOrder(options == null ? new String[0] : options.split(" "));
    assertThat(suffixes(config("", false), facts)).isEqualTo(steps);
  }

  @Test
  void optionsReachTheSteps() {
    BuildFacts facts =
        BuildFacts.of(
            env("MESSAGE", "[build images] [only tests] [force builds] [publish images]"));
    List<JsonNode> all = commands(steps(config("", true), facts));
    assertThat(all.getFirst().path("command").asString())
        .isEqualTo("bakehouse image ensure --force-refresh");
    assertThat(all.getFirst().path("env").path("BAKEHOUSE_PUBLISH_IMAGES").asString())
        .isEqualTo("true");
    assertThat(all.get(1).path("env").propertyNames())
        .contains("BAKEHOUSE_ONLY_TESTS", "BAKEHOUSE_FORCE_BUILDS");
    assertThat(all.get(1).path("depends_on")).hasToString("[\"darwin-aarch64-image\"]");
    BuildFacts dry = BuildFacts.of(env("MESSAGE", "[release][dry run]"));
    assertThat(commands(steps(config("", false), dry)).getLast().path("env").path("DRY_RUN"))
        .hasToString("\"true\"");
  }

  @Test
  void optionsThatLeaveNothingAreAnError() {
    BuildFacts facts = BuildFacts.of(env("MESSAGE", "[skip tests] [skip builds]"));
    assertThatThrownBy(() -> Generate.pipeline(config("", true), facts))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("[skip-builds, skip-tests] leave no step");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://github.com/oven-sh/bun",
        "git://github.com/oven-sh/bun.git",
        "ssh://git@github.com/Oven-sh/bun.git/",
        "https://token@github.com/oven-sh/bun.git",
        "git@github.com:oven-sh/bun"
      })
  void theSameRepositoryIsNoFork(String address) {
    assertThat(BuildFacts.of(env("PULL_REQUEST_REPO", address)).fork()).isFalse();
  }

  /// Nobody's commits are built before someone looked, and none of them release or make images.
  @ParameterizedTest
  @CsvSource({
    "https://github.com/stranger/bun.git, feature",
    "https://example.com/oven-sh/bun.git, main",
    "'', stranger:main"
  })
  void forksWaitForApproval(String from, String branch) {
    Map<String, String> env = env("PULL_REQUEST_REPO", from, "PULL_REQUEST", "7");
    env.put("BUILDKITE_BRANCH", branch);
    env.put("BUILDKITE_MESSAGE", "[release] [build images] [publish images] [force builds]");
    env.put("BUILDKITE_AGENT_META_DATA_HOST", "mini-1");
    for (String affinity : List.of("affinity: image", "affinity: host", "affinity: group")) {
      BuildFacts facts = BuildFacts.of(env);
      assertThat(facts.options()).isEqualTo(Set.of(BuildOption.FORCE_BUILDS));
      JsonNode steps = steps(config(affinity, true), facts);
      assertThat(steps.get(0).path("key").asString()).isEqualTo("approval");
      assertThat(steps.get(0).path("blocked_state").asString()).isEqualTo("running");
      assertThat(steps.values().stream().skip(1))
          .hasSize(2)
          .allMatch(g -> g.path("depends_on").toString().equals("[\"approval\"]"));
      assertThat(commands(steps)).allMatch(s -> s.path("priority").asInt() == -1);
      assertThat(steps.toString()).doesNotContain("force-refresh", "PUBLISH", "ship");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "main, false, 2, false, true",
    "main, 7, 0, false, false",
    "gh-readonly-queue/main/pr-7-abc, false, 1, true, false",
    "feature, false, 0, false, false",
  })
  void branchesDecidePriorityCancellingAndRelease(
      String branch, String pull, int priority, boolean cancel, boolean release) {
    JsonNode steps =
        steps(config("", false), BuildFacts.of(env("BRANCH", branch, "PULL_REQUEST", pull)));
    assertThat(commands(steps)).allMatch(s -> s.path("priority").asInt(0) == priority);
    assertThat(commands(steps))
        .allMatch(s -> s.path("cancel_on_build_failing").asBoolean(false) == cancel);
    assertThat(steps.toString().contains("\"wait\":null")).isEqualTo(release);
    assertThat(steps.toString().contains("ship")).isEqualTo(release);
  }

  @Test
  void whoStartsABuildByHandIsAskedFirst() {
    Map<String, String> env =
        env("SOURCE", "ui", "MESSAGE", "[skip tests]", "AGENT_META_DATA_QUEUE", "darwin");
    JsonNode asked = steps(config("", false), BuildFacts.of(env));
    assertThat(asked).hasSize(2);
    JsonNode fields = asked.get(0).path("fields");
    assertThat(fields.get(0).path("options").values())
        .extracting(o -> o.path("value").asString())
        .containsExactly(
            "skip-builds",
            "skip-tests",
            "force-builds",
            "build-images",
            "publish-images",
            "release",
            "dry-run");
    assertThat(fields.get(0).path("required").asBoolean(true)).isFalse();
    assertThat(fields.get(1).path("default")).hasToString("[\"darwin-aarch64\",\"linux-x64\"]");
    assertThat(fields.get(1).path("options")).hasSize(3);
    assertThat(asked.get(1).path("command").asString()).isEqualTo("bakehouse pipeline upload");
    assertThat(asked.get(1).path("agents")).hasToString("{\"queue\":\"darwin\"}");
    assertThat(asked.get(1).path("depends_on")).hasToString("[\"bakehouse-options\"]");

    env.put("BAKEHOUSE_OPTIONS", "asked");
    BuildFacts answered = BuildFacts.of(env).with(List.of("skip-builds", "nonsense"));
    assertThat(suffixes(config("", false), answered)).isEqualTo("test-bun");
    env.remove("BAKEHOUSE_OPTIONS");
    env.put("BUILDKITE_REBUILT_FROM_BUILD_ID", "x");
    assertThat(BuildFacts.of(env).ask()).isFalse();
  }

  @Test
  void imageAffinityAsksForReadyHosts() {
    PipelineConfig config = config("affinity: image\n  image: mac-1", true);
    List<JsonNode> all = commands(steps(config, BuildFacts.NONE));
    assertThat(all.getFirst().path("agents"))
        .hasToString("{\"arch\":\"aarch64\",\"os\":\"darwin\",\"queue\":\"darwin\"}");
    assertThat(all.get(1).path("agents").path("vm-ready").asString()).isEqualTo("true");
    assertThat(all.get(1).path("agents").path("vm-image").asString()).isEqualTo("mac-1");
    assertThat(all.get(1).has("concurrency_group")).isFalse();
    assertThat(steps(config("", true), BuildFacts.NONE).toString()).doesNotContain("vm-ready");
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "group"})
  void preparationUploadsTheRestBoundToItsHost(String mode) {
    PipelineConfig config = config("affinity: " + mode, true);
    Map<String, String> env = env();
    JsonNode first = steps(config, BuildFacts.of(env));
    assertThat(commands(first))
        .extracting(s -> s.path("key").asString() + ": " + s.path("command").asString())
        .containsExactly(
            "darwin-aarch64-image: bakehouse image ensure\n"
                + "bakehouse pipeline upload --target darwin-aarch64 --pin",
            "linux-x64-image: bakehouse image ensure\n"
                + "bakehouse pipeline upload --target linux-x64 --pin");
    assertThatThrownBy(() -> Generate.pinned(config, BuildFacts.of(env)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no tag `host`");

    env.put("BUILDKITE_AGENT_META_DATA_HOST", "mini-2");
    PipelineConfig one = config.only(List.of("darwin-aarch64"));
    JsonNode rest =
        JsonMapper.shared().readTree(Generate.pinned(one, BuildFacts.of(env)).json()).path("steps");
    assertThat(commands(rest))
        .hasSize(3)
        .allMatch(s -> s.path("agents").path("host").asString().equals("mini-2"));
    assertThat(commands(rest))
        .allMatch(s -> s.path("agents").path("vm-ready").asString().equals("true"));
    assertThat(commands(rest).getFirst().path("depends_on"))
        .hasToString("[\"darwin-aarch64-image\"]");
    assertThat(commands(rest))
        .allMatch(
            s ->
                s.path("concurrency_group")
                    .asString("-")
                    .equals(mode.equals("group") ? "darwin-aarch64" : "-"));
    assertThat(
            Lint.check(
                WrittenPipeline.parse("p", JsonMapper.shared().writeValueAsString(rest)),
                FleetConfig.DEFAULT,
                Set.of("darwin-aarch64-image")))
        .isEmpty();
    assertThatThrownBy(() -> Generate.pinned(config("affinity: image", true), BuildFacts.of(env)))
        .isInstanceOf(UserError.class);
  }
}
