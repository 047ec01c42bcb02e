package dev.bakehouse.pipeline;

import dev.bakehouse.config.ConfigError;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// YAML 1.2 as a JSON tree: `ON` stays text, numbers keep their digits (`1.10`), aliases and `<<`
/// are resolved. What aliases stand for counts each time against the limits on size.
final class YamlTree {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  static final int MOST_NODES = 500_000;
  private static final int MOST_TEXT = 8 << 20;

  private final String name;
  private final @Nullable Lines lines;
  private int nodes;
  private long text;

  private YamlTree(String name, @Nullable Lines lines) {
    this.name = name;
    this.lines = lines;
  }

  static JsonNode parse(String name, String text) {
    return parse(name, text, null);
  }

  /// @param lines gets the places of all values, and of keys that stand twice; without it, those
  ///   are errors
  static JsonNode parse(String name, String text, @Nullable Lines lines) {
    if (text.length() > MOST_TEXT) {
      throw new ConfigError(
          name, "is longer than " + (MOST_TEXT >> 20) + " million characters", "Shorten it.");
    }
    return JsonTree.parse(text, lines).orElseGet(() -> yaml(name, text, lines));
  }

  private static JsonNode yaml(String name, String text, @Nullable Lines lines) {
    try {
      LoadSettings settings =
          LoadSettings.builder()
              .setLabel(name)
              .setSchema(new CoreSchema())
              .setAllowDuplicateKeys(true)
              .setMaxAliasesForCollections(MOST_NODES)
              .setCodePointLimit(MOST_TEXT)
              .build();
      Node root =
          new Composer(settings, new ShallowParser(settings, text)).getSingleNode().orElse(null);
      return root == null ? JSON.nullNode() : new YamlTree(name, lines).convert(root, 0);
    } catch (MarkedYamlEngineException e) {
      String where = e.getProblemMark().map(m -> name + ":" + (m.getLine() + 1)).orElse(name);
      throw new ConfigError(where, e.getProblem(), "Correct the YAML there.");
    } catch (YamlEngineException e) {
      throw new ConfigError(name, String.valueOf(e.getMessage()), "Correct the YAML.");
    } catch (IllegalArgumentException e) {
      // What the scanner lets through, for example an escape without its digits.
      throw new ConfigError(name, "is no YAML: " + e.getMessage(), "Correct it.");
    }
  }

  private JsonNode convert(Node node, int depth) {
    if (++nodes > MOST_NODES || text > MOST_TEXT || depth > ShallowParser.DEEPEST) {
      throw new ConfigError(
          at(node),
          "is too deep or too big",
          "Look for aliases of aliases, or for one of itself; at most "
              + MOST_NODES
              + " values are read, "
              + ShallowParser.DEEPEST
              + " deep.");
    }
    // A switch by types is linked anew at every start, which takes longer than a pipeline.
    if (node instanceof MappingNode mapping) {
      return object(mapping, depth);
    }
    if (node instanceof SequenceNode sequence) {
      return list(sequence, depth);
    }
    if (node instanceof ScalarNode scalar) {
      return scalar(scalar);
    }
    throw new ConfigError(at(node), "can not be read", "Write plain YAML.");
  }

  private ArrayNode list(SequenceNode sequence, int depth) {
    ArrayNode list = JSON.arrayNode();
    for (Node item : sequence.getValue()) {
      list.add(convert(item, depth + 1));
      note(list, list.size() - 1, item, item);
    }
    return list;
  }

  private ObjectNode object(MappingNode mapping, int depth) {
    ObjectNode object = JSON.objectNode();
    ObjectNode merged = JSON.objectNode();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw new ConfigError(
            at(tuple.getKeyNode()), "a key must be a plain word", "Quote or rename it.");
      }
      JsonNode value = convert(tuple.getValueNode(), depth + 1);
      if (!key.getValue().equals("<<")) {
        text += key.getValue().length();
        if (object.replace(key.getValue(), value) != null) {
          repeated(object, key);
        }
        note(object, key.getValue(), key, tuple.getValueNode());
      } else if (value.isArray()) {
        value.forEach(v -> merge(merged, v));
      } else {
        merge(merged, value);
      }
    }
    merge(object, merged);
    return object;
  }

  private void repeated(ObjectNode object, ScalarNode key) {
    if (lines == null) {
      throw new ConfigError(
          at(key), "the key `" + key.getValue() + "` stands twice", "Remove one of them.");
    }
    int first = lines.of(object, key.getValue());
    lines.noteRepeat(new Lines.Repeat(key.getValue(), line(key), first));
  }

  private void note(JsonNode container, Object at, Node begin, Node value) {
    if (lines != null) {
      lines.note(container, at, line(begin));
      if (value instanceof ScalarNode scalar && scalar.getScalarStyle() == ScalarStyle.PLAIN) {
        lines.noteWord(container, at, scalar.getValue());
      }
    }
  }

  private void merge(ObjectNode into, @Nullable JsonNode from) {
    if (from instanceof ObjectNode more) {
      for (Map.Entry<String, JsonNode> entry : more.properties()) {
        String key = entry.getKey();
        if (into.putIfAbsent(key, entry.getValue()) == null && lines != null) {
          lines.note(into, key, lines.of(from, key));
          lines.word(from, key).ifPresent(word -> lines.noteWord(into, key, word));
        }
      }
    }
  }

  private JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    this.text += text.length();
    if (text.indexOf('\0') >= 0) {
      throw new ConfigError(
          at(scalar), "holds a NUL, which no command and no variable can", "Remove it.");
    }
    if (scalar.getScalarStyle() != ScalarStyle.PLAIN || scalar.getTag().equals(Tag.STR)) {
      return JSON.stringNode(text);
    }
    String tag = scalar.getTag().getValue();
    if (tag.endsWith(":null")) {
      return JSON.nullNode();
    }
    if (tag.endsWith(":bool")) {
      return JSON.booleanNode(text.equalsIgnoreCase("true"));
    }
    return JsonTree.number(text);
  }

  private String at(Node node) {
    return name + ":" + line(node);
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
