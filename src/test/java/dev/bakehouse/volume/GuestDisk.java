package dev.bakehouse.volume;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/// Disks as guests leave them, made with the programs guests make them with.
public final class GuestDisk {
  private static final long SIZE = 256L << 20;

  private GuestDisk() {}

  /// Keeps what a job would: a generation of one raw disk.
  ///
  /// @param content what is on it
  public static Taken.Kept keep(
      Volumes volumes, VolumeKey key, Path content, String build, JsonNode about)
      throws IOException {
    Path draft = Trees.make(Trees.make(volumes.root()).resolve(VmHome.mine("new")));
    String disk = UUID.randomUUID() + ".img";
    ext4(content, draft.resolve(disk));
    try (Taken taken = new Taken(volumes, draft, List.of(disk))) {
      return taken.keep(key, build, about);
    }
  }

  /// An ext4 file system without a journal that holds a directory's content.
  static Path ext4(Path directory, Path disk) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    Command.of(Programs.path("mkfs.ext4"), "-q", "-F", "-O", "^has_journal")
        .and("-d", directory.toString(), disk.toString())
        .check();
    return disk;
  }

  /// Changes a raw disk's files by requests of debugfs.
  static void change(Path disk, String requests) throws IOException {
    Path script = Files.writeString(disk.resolveSibling("requests"), requests);
    Command.of(Programs.path("debugfs"), "-w", "-f", script.toString(), disk.toString()).check();
  }

  /// A qcow2 file of what a raw disk differs in from another qcow2 file beside it, or of all.
  static Path layer(Path raw, Path below, Path layer) {
    if (below.equals(layer)) {
      Command.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2")
          .and(raw.toString(), layer.toString())
          .check();
      return layer;
    }
    Command.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw")
        .and("-b", raw.toAbsolutePath().toString(), layer.toString())
        .check();
    Command.of("qemu-img", "rebase", "-f", "qcow2", "-F", "qcow2")
        .and("-b", String.valueOf(below.getFileName()), layer.toString())
        .check();
    return layer;
  }

  static Ext4 open(Path... layers) throws IOException {
    return new Ext4(Blocks.open(List.of(layers)));
  }
}
