package dev.bakehouse.rollout;

import dev.bakehouse.oci.Descriptor;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/// A few bytes in a repository, as the OCI image specification has it for what is no image: an
/// `artifactType`, the empty configuration, one layer.
///
/// @param type of the artifact and of its layer
record Artifact(String type, byte[] bytes, Map<String, String> annotations) {
  private static final String EMPTY_TYPE = "application/vnd.oci.empty.v1+json";
  static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);
  private static final JsonMapper JSON = new JsonMapper();

  /// The tag appears last, in one step.
  Manifest put(Repository repository, String tag) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("schemaVersion", 2);
    tree.put("mediaType", Manifest.MEDIA_TYPE);
    tree.put("artifactType", type);
    tree.put("config", blob(repository, EMPTY_TYPE, EMPTY));
    tree.put("layers", List.of(blob(repository, type, bytes)));
    tree.put("annotations", new TreeMap<>(annotations));
    Manifest manifest = Manifest.parse(JSON.writeValueAsBytes(tree), "a new artifact");
    repository.putManifest(manifest, tag);
    return manifest;
  }

  private static Map<String, Object> blob(Repository repository, String type, byte[] bytes) {
    Descriptor descriptor = new Descriptor(type, Digest.of(bytes), bytes.length, Map.of());
    try {
      Path file = Scratch.file(repository.staging());
      try {
        Files.write(file, bytes);
        repository.writeBlob(descriptor.digest(), file);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not write to " + repository.name() + ": " + e,
          "Check the directory's owner, mode and free space.",
          e);
    }
    Map<String, Object> tree = new TreeMap<>();
    tree.put("mediaType", descriptor.mediaType());
    tree.put("digest", descriptor.digest().toString());
    tree.put("size", descriptor.size());
    return tree;
  }
}
