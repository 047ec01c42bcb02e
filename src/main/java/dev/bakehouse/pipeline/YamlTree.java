package dev.bakehouse.pipeline;

import dev.bakehouse.config.ConfigError;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// YAML 1.2 as a JSON tree: `ON` stays text, numbers keep their digits (`1.10`), aliases and `<<`
/// are resolved.
final class YamlTree {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?");
  private static final int MOST_NODES = 1_000_000;
  private static final int DEEPEST = 100;

  private final String name;
  private int nodes;

  private YamlTree(String name) {
    this.name = name;
  }

  static JsonNode parse(String name, String text) {
    try {
      LoadSettings settings =
          LoadSettings.builder()
              .setLabel(name)
              .setSchema(new CoreSchema())
              .setCodePointLimit(16 << 20)
              .build();
      Node root = new Compose(settings).composeString(text).orElse(null);
      return root == null ? JSON.nullNode() : new YamlTree(name).convert(root, 0);
    } catch (MarkedYamlEngineException e) {
      String where = e.getProblemMark().map(m -> name + ":" + (m.getLine() + 1)).orElse(name);
      throw new ConfigError(where, e.getProblem(), "Correct the YAML there.");
    } catch (YamlEngineException e) {
      throw new ConfigError(name, String.valueOf(e.getMessage()), "Correct the YAML.");
    }
  }

  private JsonNode convert(Node node, int depth) {
    if (++nodes > MOST_NODES || depth > DEEPEST) {
      throw new ConfigError(at(node), "is too deep or too big", "Look for an alias of itself.");
    }
    return switch (node) {
      case MappingNode mapping -> object(mapping, depth);
      case SequenceNode sequence -> {
        ArrayNode list = JSON.arrayNode();
        sequence.getValue().forEach(n -> list.add(convert(n, depth + 1)));
        yield list;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> throw new ConfigError(at(node), "can not be read", "Write plain YAML.");
    };
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
        if (object.replace(key.getValue(), value) != null) {
          throw new ConfigError(
              at(key), "the key `" + key.getValue() + "` stands twice", "Remove one of them.");
        }
      } else if (value.isArray()) {
        value.forEach(v -> merge(merged, v));
      } else {
        merge(merged, value);
      }
    }
    merge(object, merged);
    return object;
  }

  private static void merge(ObjectNode into, @Nullable JsonNode from) {
    if (from instanceof ObjectNode more) {
      more.properties().forEach(e -> into.putIfAbsent(e.getKey(), e.getValue()));
    }
  }

  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    if (scalar.getScalarStyle() != ScalarStyle.PLAIN) {
      return JSON.stringNode(text);
    }
    String tag = scalar.getTag().getValue();
    if (tag.endsWith(":null")) {
      return JSON.nullNode();
    }
    if (tag.endsWith(":bool")) {
      return JSON.booleanNode(text.equalsIgnoreCase("true"));
    }
    return NUMBER.matcher(text).matches()
        ? JSON.numberNode(new BigDecimal(text))
        : JSON.stringNode(text);
  }

  private String at(Node node) {
    return name + node.getStartMark().map(m -> ":" + (m.getLine() + 1)).orElse("");
  }
}
