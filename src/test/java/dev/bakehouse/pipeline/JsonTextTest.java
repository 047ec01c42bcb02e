package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonTextTest {
  @Test
  void isWhatTheMapperWrites() {
    JsonNode tree =
        YamlTree.parse(
            "test",
            """
            steps:
              - {label: "\\u2028 \\"x\\" \\\\ \\t \\x01 \\U0001F355 é", none: null, yes: true, no: false}
              - {empty: {}, list: [], nested: [[], {a: [{b: 1}]}], text: ""}
              - [1, -7, 1.10, 1e5, 1.5E-3, 123456789012345678, 0.000000000000000001]
            """);
    assertThat(JsonText.of(tree))
        .isEqualTo(
            JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(tree));
    assertThat(JsonText.of(tree)).contains("1.10");
  }
}
