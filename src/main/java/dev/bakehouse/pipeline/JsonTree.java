package dev.bakehouse.pipeline;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON as the same tree that [YamlTree] makes of it, for a third of the work. Agents and most
/// generators write their pipelines so.
final class JsonTree {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?");

  private final JsonParser parser;
  private final @Nullable Lines lines;
  private int nodes;

  private JsonTree(JsonParser parser, @Nullable Lines lines) {
    this.parser = parser;
    this.lines = lines;
  }

  /// Empty for what is not wholly JSON, and for what YAML would refuse or read otherwise: keys that
  /// stand twice, merge keys, too much, a NUL.
  ///
  /// @param lines gets the places of all values; those of a tree that came to nothing harm nobody
  static Optional<JsonNode> parse(String text, @Nullable Lines lines) {
    String begin = text.stripLeading();
    if (!begin.startsWith("{") && !begin.startsWith("[")) {
      return Optional.empty();
    }
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      parser.nextToken();
      JsonNode root = new JsonTree(parser, lines).value(0);
      return parser.nextToken() == null ? Optional.of(root) : Optional.empty();
    } catch (JacksonException | OtherThanJson e) {
      return Optional.empty();
    }
  }

  /// Without a trace: YAML says what is wrong.
  private static final class OtherThanJson extends RuntimeException {
    OtherThanJson() {
      super("", null, false, false);
    }
  }

  private JsonNode value(int depth) {
    if (++nodes > YamlTree.MOST_NODES || depth > ShallowParser.DEEPEST) {
      throw new OtherThanJson();
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(depth);
      case START_ARRAY -> list(depth);
      case VALUE_STRING -> JSON.stringNode(text(parser.getString()));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getString());
      case VALUE_TRUE -> JSON.booleanNode(true);
      case VALUE_FALSE -> JSON.booleanNode(false);
      case VALUE_NULL -> JSON.nullNode();
      default -> throw new OtherThanJson();
    };
  }

  private ObjectNode object(int depth) {
    ObjectNode object = JSON.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = text(parser.currentName());
      int line = line();
      parser.nextToken();
      String word = word();
      if (key.equals("<<") || object.replace(key, value(depth + 1)) != null) {
        throw new OtherThanJson();
      }
      note(object, key, line, word);
    }
    return object;
  }

  private ArrayNode list(int depth) {
    ArrayNode list = JSON.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      int line = line();
      String word = word();
      list.add(value(depth + 1));
      note(list, list.size() - 1, line, word);
    }
    return list;
  }

  private void note(JsonNode container, Object at, int line, @Nullable String word) {
    if (lines != null) {
      lines.note(container, at, line);
      if (word != null) {
        lines.noteWord(container, at, word);
      }
    }
  }

  private int line() {
    return lines == null ? 0 : parser.currentTokenLocation().getLineNr();
  }

  /// What stands there without quotes.
  private @Nullable String word() {
    JsonToken token = parser.currentToken();
    return lines != null && token.isScalarValue() && token != JsonToken.VALUE_STRING
        ? parser.getString()
        : null;
  }

  private static String text(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new OtherThanJson();
    }
    return text;
  }

  /// A number with its digits; one with too many stays text.
  static JsonNode number(String text) {
    return NUMBER.matcher(text).matches()
        ? JSON.numberNode(new BigDecimal(text))
        : JSON.stringNode(text);
  }
}
