package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/// The cache volume of one VM: `cache.qcow2` in its directory, upon the volume's own files, which
/// it has in `volume/` by hard links. So nobody who deletes files of a volume has to ask for its
/// users.
final class VolumeDisk {
  private static final String LAYERS = "volume";

  /// Beside the links: their names, a line each, the lowest first.
  private static final String ORDER = "order";

  private final Path disk;
  private final Path layers;

  VolumeDisk(Path vm) {
    this.disk = vm.resolve(CommandLine.CACHE_DISK);
    this.layers = vm.resolve(LAYERS);
  }

  void attach(List<Path> files) throws IOException {
    Path draft = disk.resolveSibling(CommandLine.CACHE_DISK + ".new");
    long size = Disks.CACHE_GB * Disks.GB;
    try {
      Trees.make(layers);
      for (Path file : files) {
        Files.createLink(layers.resolve(file.getFileName()), file);
      }
      Files.write(layers.resolve(ORDER), files.stream().map(VolumeDisk::name).toList());
      if (files.isEmpty()) {
        Disks.create(draft, List.of(), size);
      } else {
        Disks.overlay(draft, Path.of(LAYERS).resolve(name(files.getLast())), "qcow2", size);
      }
      Files.move(draft, disk, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(draft);
      Trees.delete(layers);
      throw new IOException("could not clone the volume's disk: " + e.getMessage(), e);
    }
  }

  private List<String> below() throws IOException {
    return Files.readAllLines(layers.resolve(ORDER));
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  /// Makes the clone stand on its neighbour, as it will where it goes.
  void settle() throws IOException {
    List<String> below = below();
    if (!below.isEmpty()) {
      Command.of("qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2")
          .and("-b", below.getLast(), disk.toString())
          .check();
    }
  }

  List<String> handOver(Path target, String top) throws IOException {
    if (Files.exists(target.resolve(top))) {
      throw new FileAlreadyExistsException(target.resolve(top).toString());
    }
    List<String> names = new ArrayList<>(below());
    for (String name : names) {
      if (!Files.exists(target.resolve(name))) {
        Files.createLink(target.resolve(name), layers.resolve(name));
      }
    }
    Files.move(disk, target.resolve(top), StandardCopyOption.ATOMIC_MOVE);
    names.add(top);
    return names;
  }
}
