package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// A few bytes in a repository, as the OCI image specification has it for what is no image: an
/// `artifactType`, the empty configuration, one layer.
///
/// @param type of the artifact and of its layer
public record Artifact(String type, byte[] bytes, Map<String, String> annotations) {
  /// One that says all in its annotations.
  public static Artifact of(String type, Map<String, String> annotations) {
    return new Artifact(type, Manifest.EMPTY_BYTES, annotations);
  }

  /// The tag appears last, in one step.
  public Manifest put(Repository repository, String tag) {
    Descriptor layer = new Descriptor(type, Digest.of(bytes), bytes.length, Map.of());
    Manifest manifest = Manifest.artifact(type, List.of(layer), annotations);
    try {
      Blobs.write(repository, manifest.config().digest(), Manifest.EMPTY_BYTES);
      Blobs.write(repository, layer.digest(), bytes);
    } catch (IOException e) {
      throw new UserError(
          "Could not write to " + repository.name() + ": " + e,
          "Check the directory's owner, mode and free space.",
          e);
    }
    repository.putManifest(manifest, tag);
    return manifest;
  }
}
