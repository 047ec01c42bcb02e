package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/// An image in the store, whole.
///
/// @param directory holds `disk.img`, `config.json`, `nvram.bin`, `manifest.json` once it has a
///   digest, and `image.json`
/// @param used when a job or person last asked for it
public record LocalImage(
    String name, Path directory, ImageRecord record, boolean pinned, Instant used) {
  /// What its disk takes up when no other image shares it.
  public long bytes() {
    try {
      return Trees.allocated(disk());
    } catch (IOException e) {
      throw Trees.failed("measure the image " + name, e);
    }
  }

  /// Stands for the bytes a VM starts from; the key of templates.
  public String content() {
    return record.content();
  }

  /// Of its manifest, else of its content.
  String anyDigest() {
    return record.digest().isEmpty() ? record.content() : record.digest();
  }

  public Path disk() {
    return directory.resolve("disk.img");
  }
}
