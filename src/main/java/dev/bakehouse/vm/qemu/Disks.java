package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Copy-on-write disks.
final class Disks {
  /// Size of the cache disk; it takes no space until written. A cache volume that takes its place
  /// in a resumed VM must have the same size.
  static final int CACHE_GB = 32;

  static final long GB = 1L << 30;
  private static final Duration FLATTEN = Duration.ofHours(2);

  private Disks() {}

  /// Makes the two disks of a VM from an image.
  ///
  /// @param leastGb the root disk is grown to this size; the file system too, where the image says
  ///   that it fills the disk
  static void fromImage(Path directory, BaseImage image, int leastGb, Path state)
      throws IOException {
    Path disk = Path.of(BaseFiles.IMAGE, BaseFiles.DISK);
    boolean grow = leastGb * GB > Files.size(image.directory().resolve(BaseFiles.DISK));
    if (grow && BootFiles.wholeDisk(image)) {
      BaseFiles.ofImage(image.directory(), new Grown(state).disk(image, leastGb), directory);
    } else {
      BaseFiles.ofImage(image.directory(), directory);
    }
    long size = Math.max(Files.size(directory.resolve(disk)), leastGb * GB);
    overlay(directory.resolve(CommandLine.ROOT_DISK), disk, "raw", size);
    create(directory.resolve(CommandLine.CACHE_DISK), List.of(), CACHE_GB * GB);
  }

  /// Makes the two disks of a VM from a template's.
  static void fromTemplate(Path directory, Path template) throws IOException {
    BaseFiles.ofTemplate(template, directory);
    for (String disk : List.of(CommandLine.ROOT_DISK, CommandLine.CACHE_DISK)) {
      overlay(directory.resolve(disk), Path.of(BaseFiles.TEMPLATE, disk), "qcow2", 0);
    }
  }

  /// Makes the disks of a VM from those of another, which does not run.
  static void fromVm(Path directory, Path other) throws IOException {
    BaseFiles.ofVm(other, directory);
    for (String disk : List.of(CommandLine.ROOT_DISK, CommandLine.CACHE_DISK)) {
      Files.copy(other.resolve(disk), directory.resolve(disk));
    }
  }

  /// Writes a root disk with all below it as one raw, sparse file.
  static void flatten(Path directory, Path target) {
    flatten(directory.resolve(CommandLine.ROOT_DISK), target, "raw");
  }

  /// Writes a disk with all below it as one sparse file.
  static void flatten(Path disk, Path target, String format) {
    Command.of("qemu-img", "convert", "-q", "-f", "qcow2", "-O", format, "-S", "4k")
        .and(disk.toString(), target.toString())
        .deadline(FLATTEN)
        .check();
  }

  /// @throws UserError when the host has less free space
  static void require(Path where, long megabytes, String what) throws IOException {
    long free = Files.getFileStore(where).getUsableSpace() >> 20;
    if (free < megabytes) {
      throw new UserError(
          what + " needs " + megabytes + " MB of disk, but " + where + " has " + free + " MB left",
          "Free some space (`bakehouse image prune`), or give the VM less memory.");
    }
  }

  /// @param backing relative to the file's directory, so that it moves with it
  static void overlay(Path file, Path backing, String format, long size) {
    create(file, List.of("-b", backing.toString(), "-F", format), size);
  }

  /// @param size in bytes; 0 for the backing file's
  static void create(Path file, List<String> backing, long size) {
    List<String> argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    argv.addAll(backing);
    argv.add(file.toString());
    if (size > 0) {
      argv.add(Long.toString(size));
    }
    Command.of(argv).check();
  }
}
