package dev.bakehouse.pipeline;

import java.io.StringWriter;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;

/// A tree as indented JSON. By the library's generator alone: its mapper reads the calendars of all
/// regions first, which takes as long as the adapting of a pipeline.
final class JsonText {
  private static final ObjectWriteContext INDENTED =
      new ObjectWriteContext.Base() {
        @Override
        public PrettyPrinter getPrettyPrinter() {
          return new DefaultPrettyPrinter();
        }

        @Override
        public boolean hasPrettyPrinter() {
          return true;
        }
      };

  private JsonText() {}

  static String of(JsonNode tree) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(INDENTED, text)) {
      write(tree, json);
    }
    return text.toString();
  }

  private static void write(JsonNode node, JsonGenerator json) {
    switch (node.getNodeType()) {
      case OBJECT -> {
        json.writeStartObject();
        for (Map.Entry<String, JsonNode> each : node.properties()) {
          json.writeName(each.getKey());
          write(each.getValue(), json);
        }
        json.writeEndObject();
      }
      case ARRAY -> {
        json.writeStartArray();
        node.values().forEach(each -> write(each, json));
        json.writeEndArray();
      }
      case STRING -> json.writeString(node.stringValue());
      case BOOLEAN -> json.writeBoolean(node.booleanValue());
      case NUMBER -> json.writeNumber(node.asString());
      case NULL, MISSING, BINARY, POJO -> json.writeNull();
    }
  }
}
