package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The cache volume of one VM, `cache.img` in its directory: on APFS a clone, which takes neither
/// time nor room; elsewhere a copy.
final class TartVolume {
  private static final Duration COPIED = Duration.ofMinutes(30);

  private final Path disk;

  TartVolume(Path vm) {
    this.disk = vm.resolve("cache.img");
  }

  Optional<Path> disk() {
    return Optional.of(disk).filter(Files::exists);
  }

  void attach(List<Path> layers) throws IOException {
    try {
      if (layers.isEmpty()) {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
          file.setLength(TartVolumeDisks.SIZE);
        }
      } else {
        copy(layers.getLast(), disk);
      }
    } catch (IOException | UserError e) {
      Files.deleteIfExists(disk);
      throw new IOException("could not clone the volume's disk: " + e.getMessage(), e);
    }
  }

  List<String> handOver(Path target, String name) throws IOException {
    if (Files.exists(target.resolve(name))) {
      throw new FileAlreadyExistsException(target.resolve(name).toString());
    }
    Files.move(disk, target.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    return List.of(name);
  }

  static void copy(Path from, Path to) {
    Command cp = Command.of("cp");
    boolean linux = System.getProperty("os.name").equals("Linux");
    (linux ? cp.and("--sparse=always", "--reflink=auto") : cp.and("-c"))
        .and(from.toString(), to.toString())
        .deadline(COPIED)
        .check();
  }
}
