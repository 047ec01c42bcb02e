package dev.bakehouse.oci;

import java.nio.file.Path;

/// An image of this host that parts of another can be taken from.
///
/// @param directory with `disk.img`, and what is known of it: `chunks.bin`, `manifest.json`
/// @param linkable whether its disk file may get a second name; not where something writes to it
public record LocalDisk(String name, Path directory, boolean linkable) {
  Path disk() {
    return directory.resolve("disk.img");
  }
}
