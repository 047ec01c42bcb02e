package dev.bakehouse.oci;

import java.util.Map;
import java.util.Optional;

/// A blob as a manifest names it.
///
/// @param size bytes of the blob
public record Descriptor(
    String mediaType, Digest digest, long size, Map<String, String> annotations) {
  public Descriptor {
    annotations = Map.copyOf(annotations);
  }

  public Optional<String> annotation(String key) {
    return Optional.ofNullable(annotations.get(key));
  }
}
