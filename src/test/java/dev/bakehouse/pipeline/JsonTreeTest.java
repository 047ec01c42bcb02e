package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What is read as JSON is the same, place by place, when it is read as YAML.
class JsonTreeTest {
  /// A comment behind it, and no JSON reader takes it.
  private static final String AS_YAML = " # YAML";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "  {\"steps\": []}  ",
        "{\"a\": [1, -1, 1.10, 1e3, 1E+2, -0, 0.0, 123456789012345678, 1234567890123456789]}",
        "{\"a\": [1e400, 1e-400, 12345678901234567890.5, true, false, null]}",
        "{\"\": \"\", \"on\": \"on\", \"yes\": \"no\", \"24.10\": \"24.10\", \"null\": \"null\"}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u2028 # x: y - z {{m}} \uD83D\uDE00\"}",
        "{\n  \"steps\": [\n    \"wait\",\n    {\n      \"command\": [\n\"a\",\n1,\n{}],\n\"x\":true}]}",
        "[\r\n{\"a\": 1},\r\n[[], [{}]],\n\n  \"b\", 2\n]",
        "{\"steps\": [{\"command\": \"a\", \"timeout_in_minutes\": 010}]}",
      })
  void theSameAsYaml(String json) {
    same(json);
  }

  private static Optional<JsonNode> same(String json) {
    Lines lines = new Lines();
    Optional<JsonNode> read = JsonTree.parse(json, lines);
    Lines others = new Lines();
    JsonNode yaml = YamlTree.parse("p", json + AS_YAML, others);
    read.ifPresent(
        tree -> {
          assertThat(tree).isEqualTo(yaml);
          places(tree, lines, yaml, others);
        });
    assertThat(lines.repeats()).isEmpty();
    return read;
  }

  private static void places(JsonNode tree, Lines lines, JsonNode yaml, Lines others) {
    List<? extends Object> at =
        tree.isObject()
            ? List.copyOf(tree.propertyNames())
            : java.util.stream.IntStream.range(0, tree.size()).boxed().toList();
    for (Object each : at) {
      assertThat(lines.of(tree, each)).as("line of %s", each).isEqualTo(others.of(yaml, each));
      assertThat(lines.word(tree, each)).as("word %s", each).isEqualTo(others.word(yaml, each));
      boolean key = each instanceof String;
      places(
          key ? tree.get((String) each) : tree.get((int) each),
          lines,
          key ? yaml.get((String) each) : yaml.get((int) each),
          others);
    }
  }

  @Test
  void treesAtRandom() {
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      assertThat(same(value(random, 0))).isPresent();
    }
  }

  private static String value(Random random, int depth) {
    int kind = random.nextInt(depth == 0 ? 2 : depth > 5 ? 1 : 8);
    String space = List.of("", " ", "\n", "\n    ").get(random.nextInt(4));
    if (depth == 0 || depth <= 5 && kind < 2) {
      StringBuilder text = new StringBuilder(kind == 0 ? "{" : "[");
      for (int i = random.nextInt(6); i >= 0; i--) {
        text.append(space);
        if (kind == 0) {
          text.append("\"k").append(i).append("\":").append(space);
        }
        text.append(value(random, depth + 1)).append(i == 0 ? "" : ",");
      }
      return text.append(space).append(kind == 0 ? "}" : "]").toString();
    }
    return switch (kind) {
      case 2 -> String.valueOf(random.nextLong());
      case 3 -> random.nextInt(1000) + "." + random.nextInt(1000);
      case 4 -> List.of("true", "false", "null").get(random.nextInt(3));
      case 5 -> random.nextInt() + "e" + random.nextInt(400);
      default -> "\"" + Integer.toString(random.nextInt(), 36) + "\"";
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "steps: []",
        "{steps: []}",
        "{\"a\": 1, \"a\": 1}",
        "{\"<<\": {\"a\": 1}}",
        "{\"a\": \"\\u0000\"}",
        "{\"a\": 1} {\"b\": 2}",
        "{\"a\": 1",
        "{\"a\": NaN}",
        "{\"a\": 'b'}",
        "[1,]",
        "\"text\"",
      })
  void isLeftToYaml(String text) {
    assertThat(JsonTree.parse(text, new Lines())).isEmpty();
  }

  @Test
  void whatIsTooDeepIsLeftToYamlWhichTellsSo() {
    String deep = "[".repeat(102) + "]".repeat(102);
    assertThat(JsonTree.parse(deep, null)).isEmpty();
    assertThatThrownBy(() -> YamlTree.parse("p", deep))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("deep");
    assertThat(JsonTree.parse("[".repeat(100_000), null)).isEmpty();
    String wide = "[" + "0,".repeat(YamlTree.MOST_NODES) + "0]";
    assertThat(JsonTree.parse(wide, null)).isEmpty();
  }

  @Test
  void keysThatStandTwiceAreToldWithTheirLines() {
    String json = "{\n\"steps\": [],\n\"a\": 1,\n\"a\": 2}";
    assertThatThrownBy(() -> YamlTree.parse("p.json", json)).hasMessageContaining("p.json:4");
    Lines lines = new Lines();
    JsonNode _ = YamlTree.parse("p.json", json, lines);
    assertThat(lines.repeats()).containsExactly(new Lines.Repeat("a", 4, 3));
  }
}
