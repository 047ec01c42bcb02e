package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class AdaptTest {
  private static final String HOSTS =
      """
      pipeline:
        image: bun-build-macos-1.2.14
        affinity: MODE
        hosts:
          mini-1: {queue: darwin, os: darwin, arch: [aarch64, x64]}
          mini-2: {queue: darwin, os: darwin, arch: [aarch64, x64]}
          tux: {queue: linux, os: linux, arch: x64}
      """;

  private static FleetConfig fleet(String text) {
    return FleetConfig.read(Yaml.parse("bakehouse.yml", text));
  }

  private static String adapt(String text, FleetConfig fleet) {
    WrittenPipeline pipeline = WrittenPipeline.parse("p.yml", text);
    Adapt.apply(pipeline, fleet);
    return pipeline.json();
  }

  static Stream<Arguments> sizes() {
    return Stream.of("image", "host", "group")
        .flatMap(
            mode ->
                Stream.of(
                    Arguments.of(mode, RealSizes.sixty(), 8),
                    Arguments.of(mode, RealSizes.fiveHundred(), 90)));
  }

  /// Judged on the trees of another reader: what is not ours is the same text, what is ours the
  /// same but for the keys that adapt owns.
  @ParameterizedTest
  @MethodSource("sizes")
  void onlyMacStepsChangeAndOnlyInWhatIsOurs(String mode, ObjectNode root, int macs) {
    FleetConfig fleet = fleet(HOSTS.replace("MODE", mode));
    String once = adapt(RealSizes.json(root), fleet);
    assertThat(adapt(RealSizes.yaml(root), fleet)).isEqualTo(once);
    assertThat(adapt(once, fleet)).isEqualTo(once);

    ObjectNode after = (ObjectNode) JsonMapper.shared().readTree(once);
    List<JsonNode> were = flat(root);
    List<JsonNode> are = flat(after);
    for (JsonNode image : are.subList(were.size(), are.size())) {
      assertThat(image.path("key").asString()).startsWith("bakehouse-image");
      assertThat(image.path("command").asString()).isEqualTo("bakehouse image ensure");
    }
    assertThat(are).hasSizeGreaterThan(were.size());
    int changed = 0;
    for (int i = 0; i < were.size(); i++) {
      if (!were.get(i).equals(are.get(i))) {
        changed++;
        assertThat(were.get(i).path("agents").toString()).contains("darwin");
        assertThat(are.get(i).path("agents").toString()).contains("vm-ready", "1.2.14");
        strip((ObjectNode) are.get(i), mode);
      }
      assertThat(are.get(i)).hasToString(were.get(i).toString());
    }
    assertThat(changed).isEqualTo(macs);
    assertThat(after.propertyNames()).containsExactlyElementsOf(root.propertyNames());
  }

  /// `depends_on: a` and `[a]` mean the same; a list that was not there is taken away again.
  private static void strip(ObjectNode step, String mode) {
    if (step.get("agents") instanceof ObjectNode agents) {
      agents.remove(List.of("vm-ready", "vm-image", "host"));
    } else {
      ArrayNode kept = step.arrayNode();
      step.path("agents").values().stream()
          .filter(v -> !v.asString().matches("(vm-ready|vm-image|host)=.*"))
          .forEach(kept::add);
      step.set("agents", kept);
    }
    if (mode.equals("group")) {
      assertThat(step.remove("concurrency").asInt()).isEqualTo(1);
      assertThat(step.remove("concurrency_group").asString()).startsWith("darwin-");
    }
    if (step.get("depends_on") instanceof ArrayNode list) {
      list.removeIf(d -> d.asString("").startsWith("bakehouse-image"));
      if (list.isEmpty()) {
        step.remove("depends_on");
      } else if (list.size() == 1) {
        step.set("depends_on", list.get(0));
      }
    }
  }

  private static List<JsonNode> flat(ObjectNode root) {
    List<JsonNode> all = new ArrayList<>();
    for (JsonNode step : root.path("steps")) {
      all.add(step.deepCopy());
      if (step.get("steps") instanceof ArrayNode inner) {
        ((ObjectNode) all.getLast()).remove("steps");
        inner.forEach(member -> all.add(member.deepCopy()));
      }
    }
    return all;
  }

  /// No step without `depends_on` gets one behind a barrier: it would then start before it.
  @Test
  void barriersKeepTheirMeaning() {
    String adapted =
        adapt(
            """
            steps:
              - {command: a, key: a, agents: {os: darwin}}
              - wait
              - {command: b, key: b, agents: {os: darwin}}
              - {command: c, key: c, agents: {os: darwin}, depends_on: a}
              - {command: d, key: d, agents: {os: darwin}, depends_on: ~}
              - group: g
                steps:
                  - {command: e, key: e, agents: {os: darwin}}
            """,
            FleetConfig.DEFAULT);
    List<JsonNode> steps = flat((ObjectNode) JsonMapper.shared().readTree(adapted));
    assertThat(steps)
        .extracting(s -> s.path("key").asString("-") + " " + s.path("depends_on"))
        .containsExactly(
            "a [\"bakehouse-image\"]",
            "- ",
            "b ",
            "c [\"a\",\"bakehouse-image\"]",
            "d [\"bakehouse-image\"]",
            "- ",
            "e ",
            "bakehouse-image null");
  }

  @Test
  void thePipelinesOwnAgentsHoldForStepsWithoutAny() {
    String adapted = adapt("{agents: [queue=darwin], steps: [{command: a}]}", FleetConfig.DEFAULT);
    JsonNode root = JsonMapper.shared().readTree(adapted);
    assertThat(root.path("agents")).hasToString("[\"queue=darwin\"]");
    assertThat(root.path("steps").get(0).path("agents"))
        .hasToString("[\"queue=darwin\",\"vm-ready=true\"]");
  }

  @Test
  void whatAStepSaysItselfIsKept() {
    String adapted =
        adapt(
            "steps: [{command: a, agents: {os: darwin, vm-ready: 'false', host: x},"
                + " concurrency_group: mine, concurrency: 3},"
                + " {command: ./scripts/build-macos-vm.sh --release=14, agents: {os: darwin}}]",
            fleet(
                HOSTS
                    .replace("MODE", "image")
                    .replace("image: bun", "image-step: false\n  image: bun")));
    JsonNode steps = JsonMapper.shared().readTree(adapted).path("steps");
    assertThat(steps).hasSize(2);
    assertThat(steps.get(0).path("agents").path("vm-ready").asString()).isEqualTo("false");
    assertThat(steps.get(0).path("concurrency_group").asString()).isEqualTo("mine");
    assertThat(steps.get(1).path("agents")).hasToString("{\"os\":\"darwin\"}");
  }

  /// All steps of a target on one host, two targets on two.
  @ParameterizedTest
  @CsvSource({"host", "group"})
  void targetsAreBoundToHosts(String mode) {
    String adapted = adapt(RealSizes.json(RealSizes.sixty()), fleet(HOSTS.replace("MODE", mode)));
    Set<String> pairs = new TreeSet<>();
    for (JsonNode step : flat((ObjectNode) JsonMapper.shared().readTree(adapted))) {
      String key = step.path("key").asString("-");
      if (step.path("agents").path("os").asString("").equals("darwin")) {
        pairs.add(
            key.replaceFirst("-(build|test)-.*", "") + " " + step.path("agents").path("host"));
      }
    }
    assertThat(pairs)
        .containsExactly(
            "bakehouse-image-aarch64-mini-1 \"mini-1\"",
            "bakehouse-image-x64-mini-2 \"mini-2\"",
            "darwin-aarch64 \"mini-1\"",
            "darwin-x64 \"mini-2\"");
  }

  /// The image step has no matrix: a tag with a word of one would keep it, and all behind it,
  /// waiting.
  @Test
  void theImageStepOfAMatrixAsksForNothingOfIt() {
    String adapted =
        adapt(
            "steps: [{command: a, matrix: {setup: {cpu: [x64, arm64]}},"
                + " agents: {queue: darwin, arch: '{{matrix.cpu}}'}}]",
            fleet("pipeline: {}"));
    JsonNode steps = JsonMapper.shared().readTree(adapted).path("steps");
    assertThat(steps.get(0).path("agents").path("arch").asString()).isEqualTo("{{matrix.cpu}}");
    assertThat(steps.get(0).path("depends_on")).hasToString("[\"bakehouse-image\"]");
    assertThat(steps.get(1).path("key").asString()).isEqualTo("bakehouse-image");
    assertThat(steps.get(1).path("agents")).hasToString("{\"queue\":\"darwin\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "matrix: [a, b]                                          | {\"CACHE_PART\":\"{{matrix}}\"}",
        "matrix: {setup: [a, b]}, env:                           | {\"CACHE_PART\":\"{{matrix}}\"}",
        "matrix: {setup: {os: [a], cpu: [b]}}, env: {A: '1'}     | {\"A\":\"1\",\"CACHE_PART\":\"{{matrix.os}}-{{matrix.cpu}}\"}",
        "matrix: [a, b], env: {CACHE_PART: mine}                 | {\"CACHE_PART\":\"mine\"}",
        "matrix: [a, b], env: [A=1]                              | [\"A=1\"]",
        "env: {A: '1'}                                           | {\"A\":\"1\"}",
      })
  void jobsOfAMatrixAreToldApart(String keys, String env) {
    String pipeline = "steps: [{command: a, agents: {queue: darwin}, " + keys + "}]";
    String adapted = adapt(pipeline, fleet("pipeline: {}"));
    JsonNode step = JsonMapper.shared().readTree(adapted).path("steps").get(0);
    assertThat(step.path("env")).hasToString(env);
    assertThat(adapt(adapted, fleet("pipeline: {}"))).isEqualTo(adapted);
  }

  @Test
  void aTargetThatNoHostCanTakeIsNotBound() {
    FleetConfig fleet = fleet(HOSTS.replace("MODE", "host"));
    assertThatThrownBy(
            () -> adapt("steps:\n- {command: a, agents: {os: darwin, arch: riscv}}", fleet))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("p.yml:2")
        .hasMessageContaining("os=darwin, arch=riscv");
  }

  @Test
  void ownershipIsTheConfigurations() {
    FleetConfig fleet = fleet("pipeline: {owns: [{queue: mine, size: big}], image-step: false}");
    String adapted =
        adapt(
            "steps: [{command: a, agents: {queue: mine, size: big}},"
                + " {command: b, agents: {queue: mine}}, {command: c, agents: {os: darwin}}]",
            fleet);
    assertThat(adapted.split("vm-ready", -1)).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "pipeline: {affinity: pinned}; affinity: pinned",
        "pipeline: {owns: [{}]}; has no tag",
        "pipeline: {own: 1}; unknown key `pipeline.own`",
        "pipeline: {hosts: {a: b}}; `pipeline.hosts.a` must hold keys and values",
      })
  void wrongSettingsAreTold(String yaml, String what) {
    assertThatThrownBy(() -> fleet(yaml))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining(what);
  }
}
