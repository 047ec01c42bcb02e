package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An image manifest with the exact bytes it came as: they alone make its digest.
public final class Manifest {
  public static final String MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";
  static final String DOCKER_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
  static final byte[] EMPTY_BYTES = "{}".getBytes(StandardCharsets.UTF_8);

  /// The configuration of what has none.
  private static final Descriptor EMPTY =
      new Descriptor(
          "application/vnd.oci.empty.v1+json",
          Digest.of(EMPTY_BYTES),
          EMPTY_BYTES.length,
          Map.of());

  private static final JsonMapper JSON = new JsonMapper();

  private final byte[] raw;
  private final String mediaType;
  private final Descriptor config;
  private final List<Descriptor> layers;
  private final Map<String, String> annotations;

  private Manifest(byte[] raw, JsonNode tree) {
    this.raw = raw;
    this.mediaType = tree.path("mediaType").asString(MEDIA_TYPE);
    this.config = descriptor(tree.path("config"));
    List<Descriptor> all = new ArrayList<>();
    tree.path("layers").forEach(layer -> all.add(descriptor(layer)));
    this.layers = List.copyOf(all);
    this.annotations = annotations(tree.path("annotations"));
  }

  /// @param what names the manifest in errors
  /// @throws CorruptData when it is not an image manifest
  public static Manifest parse(byte[] raw, String what) {
    try {
      JsonNode tree = JSON.readTree(raw);
      if (!tree.path("config").isObject() || !tree.path("layers").isArray()) {
        throw new CorruptData(what, "it has no `config` and `layers`");
      }
      return new Manifest(raw.clone(), tree);
    } catch (JacksonException e) {
      throw new CorruptData(what, "not JSON (" + e.getOriginalMessage() + ")");
    } catch (CorruptData e) {
      throw e;
    } catch (UserError e) {
      throw new CorruptData(what, String.valueOf(e.getMessage()));
    }
  }

  /// Makes the bytes of a new manifest, keys sorted.
  public static Manifest of(
      Descriptor config, List<Descriptor> layers, Map<String, String> annotations) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("schemaVersion", 2);
    tree.put("mediaType", MEDIA_TYPE);
    tree.put("config", tree(config));
    tree.put("layers", layers.stream().map(Manifest::tree).toList());
    tree.put("annotations", new TreeMap<>(annotations));
    return parse(JSON.writeValueAsBytes(tree), "a new manifest");
  }

  /// An artifact of one's own: blobs without a configuration.
  static Manifest artifact(String type, List<Descriptor> layers, Map<String, String> annotations) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("schemaVersion", 2);
    tree.put("mediaType", MEDIA_TYPE);
    tree.put("artifactType", type);
    tree.put("config", tree(EMPTY));
    tree.put("layers", layers.stream().map(Manifest::tree).toList());
    if (!annotations.isEmpty()) {
      tree.put("annotations", new TreeMap<>(annotations));
    }
    return parse(JSON.writeValueAsBytes(tree), "a new manifest");
  }

  public byte[] raw() {
    return raw.clone();
  }

  public Digest digest() {
    return Digest.of(raw);
  }

  public String mediaType() {
    return mediaType;
  }

  public Descriptor config() {
    return config;
  }

  public List<Descriptor> layers() {
    return layers;
  }

  public Map<String, String> annotations() {
    return annotations;
  }

  private static Map<String, Object> tree(Descriptor descriptor) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("mediaType", descriptor.mediaType());
    tree.put("digest", descriptor.digest().toString());
    tree.put("size", descriptor.size());
    tree.put("annotations", new TreeMap<>(descriptor.annotations()));
    return tree;
  }

  private static Descriptor descriptor(JsonNode node) {
    long size = node.path("size").asLong(0);
    if (size < 0) {
      throw new UserError("a blob of " + size + " bytes", "A size is 0 or more.");
    }
    return new Descriptor(
        node.path("mediaType").asString(""),
        Digest.parse(node.path("digest").asString("")),
        size,
        annotations(node.path("annotations")));
  }

  private static Map<String, String> annotations(JsonNode node) {
    Map<String, String> all = new TreeMap<>();
    node.properties().forEach(e -> all.put(e.getKey(), e.getValue().asString("")));
    return Map.copyOf(all);
  }
}
