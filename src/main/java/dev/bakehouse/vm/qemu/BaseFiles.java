package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What a VM's or template's disks stand on, in its own directory by hard links: `image/` and, for
/// a clone of a template, `template/`. Deleting or replacing the image or template takes nothing
/// away from it.
///
/// Where the system allows no hard link (another file system, another owner) a symbolic one takes
/// its place; then it is for [QemuHypervisor#images] to keep the image from being deleted.
final class BaseFiles {
  static final String IMAGE = "image";
  static final String TEMPLATE = "template";
  static final String DISK = "disk.img";

  private static final List<String> SETTINGS = List.of("config.json", "nvram.bin");
  private static final List<String> IMAGE_FILES = List.of(DISK, "config.json", "nvram.bin");
  private static final List<String> TEMPLATE_FILES =
      List.of(CommandLine.ROOT_DISK, CommandLine.CACHE_DISK, CommandLine.MEMORY, DeviceState.FILE);

  private BaseFiles() {}

  static void ofImage(Path image, Path vm) throws IOException {
    link(image, vm.resolve(IMAGE), IMAGE_FILES);
  }

  /// Those of an image, but another disk.
  static void ofImage(Path image, Path disk, Path vm) throws IOException {
    link(image, vm.resolve(IMAGE), SETTINGS);
    link(String.valueOf(disk.getFileName()), disk, vm.resolve(IMAGE));
  }

  static void ofTemplate(Path template, Path vm) throws IOException {
    Path target = vm.resolve(TEMPLATE);
    link(template, target, TEMPLATE_FILES);
    ofImage(template.resolve(IMAGE), target);
  }

  /// Those of another VM, for a copy of it.
  static void ofVm(Path from, Path vm) throws IOException {
    if (Files.isDirectory(from.resolve(TEMPLATE))) {
      ofTemplate(from.resolve(TEMPLATE), vm);
    } else {
      ofImage(from.resolve(IMAGE), vm);
    }
  }

  /// What a template has beside its image.
  static List<Path> ofTemplate(Path template) {
    return TEMPLATE_FILES.stream().map(template::resolve).toList();
  }

  /// Whether a template has all that its clones need.
  static boolean complete(Path template) {
    return Files.isReadable(template.resolve(IMAGE).resolve(DISK))
        && TEMPLATE_FILES.stream().allMatch(f -> Files.isRegularFile(template.resolve(f)));
  }

  /// `config.json` and `nvram.bin` of the image a VM stands on, copied.
  static void copySettings(Path vm, Path target) throws IOException {
    Path image = image(vm);
    for (String name : SETTINGS) {
      if (Files.exists(image.resolve(name))) {
        Files.copy(image.resolve(name), target.resolve(name));
      }
    }
  }

  /// `config.json` of the image a VM stands on.
  static Path config(Path vm) {
    return image(vm).resolve("config.json");
  }

  private static Path image(Path vm) {
    Path own = vm.resolve(IMAGE);
    return Files.isDirectory(own) ? own : vm.resolve(TEMPLATE).resolve(IMAGE);
  }

  private static void link(Path from, Path to, List<String> names) throws IOException {
    Trees.make(to);
    for (String name : names) {
      if (Files.exists(from.resolve(name))) {
        link(name, from.resolve(name), to);
      }
    }
  }

  private static void link(String name, Path from, Path to) throws IOException {
    Path file = from.toRealPath();
    try {
      Files.createLink(to.resolve(name), file);
    } catch (IOException | UnsupportedOperationException e) {
      Files.createSymbolicLink(to.resolve(name), file);
    }
  }
}
