package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.SliceReader;
import dev.bakehouse.oci.TartManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The digest of what a VM starts from: configuration, NVRAM and disk. It can be told from a
/// manifest without reading the disk, so it is the same before a push and after a pull.
final class Content {
  private Content() {}

  static String of(TartManifest image) {
    return digest(
        image.config().digest(),
        image.nvram().digest(),
        image.disk().stream().map(TartManifest.DiskSlice::content).toList());
  }

  static String of(Path directory) throws IOException {
    return digest(directory, SliceReader.digests(directory.resolve("disk.img")));
  }

  /// The same, and leaves beside the disk what was read, see [SliceReader#record].
  static String recorded(Path directory) throws IOException {
    return digest(directory, SliceReader.record(directory));
  }

  private static String digest(Path directory, List<Digest> slices) throws IOException {
    Path nvram = directory.resolve("nvram.bin");
    return digest(
        Digest.of(directory.resolve("config.json")),
        Files.exists(nvram) ? Digest.of(nvram) : Digest.of(new byte[0]),
        slices);
  }

  private static String digest(Digest config, Digest nvram, List<Digest> slices) {
    String text = "config " + config + "\nnvram " + nvram + "\ndisk " + slices + "\n";
    return Digest.of(text.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
