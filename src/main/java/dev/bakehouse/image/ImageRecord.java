package dev.bakehouse.image;

import java.util.Map;

/// What `image.json` says of an image.
///
/// @param digest of its manifest; empty until it was pushed or pulled
/// @param content digest of configuration, NVRAM and disk, the same before and after a push
/// @param created ISO-8601, when it came into this store
/// @param source a reference, or `build`
public record ImageRecord(
    String digest, String content, Map<String, String> labels, String created, String source) {
  public ImageRecord {
    labels = Map.copyOf(labels);
  }

  ImageRecord withDigest(String other) {
    return new ImageRecord(other, content, labels, created, source);
  }
}
