package dev.bakehouse.oci;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The labels in an image's configuration.
public final class ImageLabels {
  private static final int LARGEST = 4 << 20;

  private ImageLabels() {}

  /// @throws CorruptData when the configuration is not what its digest says
  public static Map<String, String> of(Repository repository, Manifest manifest)
      throws IOException {
    Descriptor config = manifest.config();
    String what = "The image configuration " + config.digest() + " of " + repository.name();
    byte[] bytes;
    try (InputStream in = repository.blob(config.digest(), 0)) {
      bytes = in.readNBytes(LARGEST);
    }
    if (!Digest.of(bytes).equals(config.digest())) {
      throw new CorruptData(what, "its bytes have " + Digest.of(bytes));
    }
    try {
      Map<String, String> labels = new TreeMap<>();
      new JsonMapper()
          .readTree(bytes)
          .path("config")
          .path("Labels")
          .properties()
          .forEach(e -> labels.put(e.getKey(), e.getValue().asString("")));
      return labels;
    } catch (JacksonException e) {
      throw new CorruptData(what, "not JSON");
    }
  }
}
