package dev.bakehouse.oci;

import dev.bakehouse.config.Section;
import dev.bakehouse.platform.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a configuration says of registries, by host.
///
/// @param mirrors asked first, in this order
/// @param chunks bytes of a chunk of an upload; 0 for one request a blob
public record Registries(Map<String, List<Mirror>> mirrors, Map<String, Long> chunks) {
  public static final Registries NONE = new Registries(Map.of(), Map.of());

  /// GHCR takes chunks of less than 4 MB.
  private static final Map<String, Long> CHUNKS = Map.of("ghcr.io", 3_950_000L);

  private static final String MIRRORS = "mirrors";
  private static final String UPLOAD_CHUNKS = "upload-chunks";

  /// The keys of the section `image` that belong to this.
  public static final List<String> KEYS = List.of(MIRRORS, UPLOAD_CHUNKS);

  public Registries {
    mirrors = Map.copyOf(mirrors);
    chunks = Map.copyOf(chunks);
  }

  /// Reads `mirrors: {HOST: [MIRROR, …]}` and `upload-chunks: {HOST: BYTES}`.
  public static Registries read(Section image) {
    Map<String, List<Mirror>> mirrors = new LinkedHashMap<>();
    image
        .lists(MIRRORS)
        .forEach(
            (host, all) -> mirrors.put(host, all.stream().map(t -> mirror(image, t)).toList()));
    Map<String, Long> chunks = new LinkedHashMap<>();
    image.map(UPLOAD_CHUNKS).forEach((host, text) -> chunks.put(host, chunk(image, text)));
    return new Registries(mirrors, chunks);
  }

  long chunk(String host) {
    return chunks.getOrDefault(host, CHUNKS.getOrDefault(host, 0L));
  }

  List<Mirror> mirrors(String host) {
    return mirrors.getOrDefault(host, List.of());
  }

  private static Mirror mirror(Section image, String text) {
    try {
      return Mirror.parse(text);
    } catch (UserError e) {
      throw image.error(
          MIRRORS,
          "has `" + text + "`, which is no mirror",
          "Write [http://]host[:port][/prefix]; without http:// it is spoken to over TLS.");
    }
  }

  private static long chunk(Section image, String text) {
    if (text.matches("\\d{1,10}")) {
      return Long.parseLong(text);
    }
    throw image.error(
        UPLOAD_CHUNKS,
        "has `" + text + "`, which is no number of bytes",
        "Write bytes, or 0 for one request a blob.");
  }
}
