package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Copy-on-write disks.
final class Disks {
  /// Size of the cache disk; it takes no space until written. A cache volume that takes its place
  /// in a resumed VM must have the same size.
  static final int CACHE_GB = 32;

  private static final long GB = 1L << 30;

  private Disks() {}

  /// Makes the two disks of a VM from an image.
  ///
  /// @param leastGb the root disk is grown to this size
  static void fromImage(Path directory, Path image, int leastGb) throws IOException {
    long size = Math.max(Files.size(image), leastGb * GB);
    overlay(directory.resolve(CommandLine.ROOT_DISK), image, "raw", size);
    create(directory.resolve(CommandLine.CACHE_DISK), List.of(), CACHE_GB * GB);
  }

  /// Makes the two disks of a VM from a template's.
  static void fromTemplate(Path directory, Path template) {
    for (String disk : List.of(CommandLine.ROOT_DISK, CommandLine.CACHE_DISK)) {
      overlay(directory.resolve(disk), template.resolve(disk), "qcow2", 0);
    }
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

  private static void overlay(Path file, Path backing, String format, long size) {
    create(file, List.of("-b", backing.toString(), "-F", format), size);
  }

  /// @param size in bytes; 0 for the backing file's
  private static void create(Path file, List<String> backing, long size) {
    List<String> argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    argv.addAll(backing);
    argv.add(file.toString());
    if (size > 0) {
      argv.add(Long.toString(size));
    }
    Command.of(argv).check();
  }
}
