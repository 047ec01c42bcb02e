package dev.bakehouse.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Words without quotes that some reader of YAML takes for something else: 1.1 and 1.2 differ, and
/// so do agents, generators and people.
final class YamlTraps {
  private static final Map<Pattern, String> TRAPS = new LinkedHashMap<>();

  static {
    trap("(?i)y|n|yes|no|on|off", "true or false to YAML 1.1, a word to YAML 1.2");
    trap("[-+]?0[0-9_]+", "an octal number to YAML 1.1: `010` is 8");
    trap("[-+]?0[xob][0-9a-fA-F_]+", "a number of another base");
    trap("[-+]?[0-9]+_[0-9_]*", "a number to YAML 1.1: the `_` is lost");
    trap("[-+]?[0-9]+(:[0-5]?[0-9])+", "a number of base 60 to YAML 1.1: `1:30` is 90");
    trap("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?", "a date, which is written in another way");
    trap("[-+]?[0-9]+\\.[0-9]*0|[-+]?[0-9]+\\.", "a number that loses its last `0`");
    trap("[-+]?[0-9][0-9.]*[eE][-+]?[0-9]+", "a number with an exponent");
    trap("[-+]?\\.(?i:inf|nan)", "no text but a special number");
  }

  /// Only text stands below these.
  private static final Set<String> TEXTS = Set.of("env", "agents", "meta_data", "matrix", "setup");

  private static final Pattern FRACTION = Pattern.compile("[-+]?[0-9]*\\.[0-9]+");

  private final WrittenPipeline pipeline;
  private final Lint.Sink sink;

  private YamlTraps(WrittenPipeline pipeline, Lint.Sink sink) {
    this.pipeline = pipeline;
    this.sink = sink;
  }

  private static void trap(String pattern, String meaning) {
    TRAPS.put(Pattern.compile(pattern), meaning);
  }

  static void check(WrittenPipeline pipeline, Lint.Sink sink) {
    new YamlTraps(pipeline, sink).walk(pipeline.root(), false);
  }

  private void walk(JsonNode node, boolean texts) {
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        word(object, entry.getKey(), entry.getKey(), texts);
        walk(entry.getValue(), texts || TEXTS.contains(entry.getKey()));
      }
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        word(list, i, String.valueOf(i + 1), texts);
        walk(list.get(i), texts);
      }
    }
  }

  private void word(JsonNode container, Object at, String name, boolean texts) {
    String word = pipeline.lines().word(container, at).orElse("");
    meaning(word, texts)
        .ifPresent(
            meaning ->
                sink.add(
                    pipeline.lines().of(container, at),
                    "yaml-trap",
                    null,
                    "",
                    "`" + name + ": " + word + "` is " + meaning,
                    "Put quotes around it: \"" + word + "\"."));
  }

  private static Optional<String> meaning(String word, boolean texts) {
    for (Map.Entry<Pattern, String> trap : TRAPS.entrySet()) {
      if (trap.getKey().matcher(word).matches()) {
        return Optional.of(trap.getValue());
      }
    }
    return texts && FRACTION.matcher(word).matches()
        ? Optional.of("a number where text is meant")
        : Optional.empty();
  }
}
