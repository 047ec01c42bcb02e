package dev.bakehouse.oci;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The `index.json` of a layout: tags and the manifests they name. Entries of other tools are kept
/// as they are.
final class LayoutIndex {
  private static final String TAG = "org.opencontainers.image.ref.name";
  private static final JsonMapper JSON = new JsonMapper();

  private final ObjectNode tree;

  private LayoutIndex(ObjectNode tree) {
    this.tree = tree;
  }

  static LayoutIndex empty() {
    ObjectNode tree = JSON.createObjectNode();
    tree.put("schemaVersion", 2).put("mediaType", "application/vnd.oci.image.index.v1+json");
    tree.putArray("manifests");
    return new LayoutIndex(tree);
  }

  static LayoutIndex parse(byte[] bytes, String what) {
    if (bytes.length == 0) {
      throw new CorruptData(what, "it is empty");
    }
    try {
      if (JSON.readTree(bytes) instanceof ObjectNode tree && tree.path("manifests").isArray()) {
        return new LayoutIndex(tree);
      }
      throw new CorruptData(what, "it has no list `manifests`");
    } catch (JacksonException e) {
      throw new CorruptData(what, "not JSON (" + e.getOriginalMessage() + ")");
    }
  }

  Optional<Descriptor> find(String tag) {
    return entries().filter(e -> tag(e).equals(tag)).map(LayoutIndex::descriptor).findFirst();
  }

  List<String> tags() {
    return entries().map(LayoutIndex::tag).filter(t -> !t.isEmpty()).sorted().toList();
  }

  LayoutIndex with(String tag, Descriptor manifest) {
    ObjectNode next = tree.deepCopy();
    var list = next.putArray("manifests");
    entries().filter(e -> !tag(e).equals(tag)).forEach(list::add);
    ObjectNode entry = list.addObject();
    entry
        .put("mediaType", manifest.mediaType())
        .put("digest", manifest.digest().toString())
        .put("size", manifest.size())
        .putObject("annotations")
        .put(TAG, tag);
    return new LayoutIndex(next);
  }

  byte[] bytes() {
    return JSON.writeValueAsBytes(tree);
  }

  private Stream<JsonNode> entries() {
    return StreamSupport.stream(tree.path("manifests").spliterator(), false);
  }

  private static String tag(JsonNode entry) {
    return entry.path("annotations").path(TAG).asString("");
  }

  private static Descriptor descriptor(JsonNode entry) {
    return new Descriptor(
        entry.path("mediaType").asString(""),
        Digest.parse(entry.path("digest").asString("")),
        entry.path("size").asLong(0),
        Map.of());
  }
}
