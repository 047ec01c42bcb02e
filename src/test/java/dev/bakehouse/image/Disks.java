package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;

/// Images of a disk of a few random bytes, for tests of the store.
final class Disks {
  private Disks() {}

  /// Takes in a new image.
  ///
  /// @param scratch on the store's file system
  /// @param days since it was used
  static LocalImage adopt(ImageStore store, Path scratch, String name, int bytes, int days)
      throws IOException {
    Path vm = Files.createTempDirectory(scratch, "vm");
    byte[] disk = new byte[bytes];
    new Random().nextBytes(disk);
    Files.write(vm.resolve("disk.img"), disk);
    Files.writeString(vm.resolve("config.json"), "{}");
    LocalImage image = store.adopt(name, vm, Map.of(), "test");
    dev.bakehouse.platform.Directories.delete(vm);
    return used(store, image.name(), days);
  }

  static LocalImage used(ImageStore store, String name, int days) throws IOException {
    store.touch(name);
    Path mark = store.get(name).directory().resolve(ImageStore.USED);
    Files.setLastModifiedTime(mark, FileTime.from(Instant.now().minus(Duration.ofDays(days))));
    return store.get(name);
  }
}
