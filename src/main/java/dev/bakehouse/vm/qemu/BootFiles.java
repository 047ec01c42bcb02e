package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Kernel and initial RAM disk of an image that names them under `boot` in its `config.json`, read
/// out of its ext4 disk once per digest.
final class BootFiles {
  static final String APPEND = "append";

  private static final String DRAFT = ".new";

  /// Beside the two, how large they must be.
  private static final String SIZES = "sizes";

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._+/-]+");
  private static final Pattern LINK = Pattern.compile("(?s).*Fast link dest: \"([^\"]+)\".*");
  private static final int MOST_LINKS = 8;

  private final Path cache;

  BootFiles(Path state) {
    this.cache = state.resolve("cache").resolve("boot");
  }

  /// Whether an image's disk is one ext4 file system, as `boot` in its configuration implies.
  static boolean wholeDisk(BaseImage image) throws IOException {
    Path config = image.directory().resolve("config.json");
    return Files.exists(config) && read(config).has("boot");
  }

  /// Puts `kernel`, `initrd` and `append` into a VM's directory; nothing for an image that boots by
  /// firmware.
  void provide(BaseImage image, Path vm) throws IOException {
    Path config = image.directory().resolve("config.json");
    if (!Files.exists(config)) {
      return;
    }
    JsonNode boot = read(config).path("boot");
    if (boot.isMissingNode()) {
      return;
    }
    Path files = extracted(image, text(config, boot, "kernel"), text(config, boot, "initrd"));
    copy(files, vm);
    Files.writeString(vm.resolve(APPEND), text(config, boot, "append") + " panic=-1");
  }

  /// Gives a VM the boot files of its template or of another VM.
  static void copy(Path from, Path vm) throws IOException {
    for (String name : List.of(CommandLine.KERNEL, CommandLine.INITRD, APPEND)) {
      Path file = from.resolve(name);
      if (Files.exists(file)) {
        try {
          Files.createLink(vm.resolve(name), file);
        } catch (IOException | UnsupportedOperationException e) {
          Files.copy(file, vm.resolve(name));
        }
      }
    }
  }

  static Optional<String> append(Path vm) throws IOException {
    Path file = vm.resolve(APPEND);
    return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
  }

  private Path extracted(BaseImage image, String kernel, String initrd) throws IOException {
    String key = image.digest().replaceAll("[^A-Za-z0-9.-]", "_");
    Path done = cache.resolve(key.isEmpty() ? "none" : key);
    if (whole(done)) {
      return done;
    }
    Path _ = Trees.make(cache);
    try (ExclusiveLock _ = ExclusiveLock.on(cache.resolveSibling("boot.lock"))) {
      if (!whole(done)) {
        Trees.delete(done);
        sweep();
        make(image.directory().resolve("disk.img"), kernel, initrd, done);
      }
    }
    return done;
  }

  /// Removes what killed processes began.
  private void sweep() throws IOException {
    try (DirectoryStream<Path> begun = Files.newDirectoryStream(cache, DRAFT + "*")) {
      for (Path draft : begun) {
        Trees.delete(draft);
      }
    }
  }

  private void make(Path disk, String kernel, String initrd, Path done) throws IOException {
    Path draft = Files.createTempDirectory(cache, DRAFT);
    try {
      dump(disk, kernel, draft, CommandLine.KERNEL);
      dump(disk, initrd, draft, CommandLine.INITRD);
      Files.writeString(draft.resolve(SIZES), sizes(draft));
      Durable.syncAll(draft);
      Files.move(draft, done, StandardCopyOption.ATOMIC_MOVE);
      Durable.sync(cache);
    } finally {
      Trees.delete(draft);
    }
  }

  /// A power cut may have left names without all of their bytes.
  private static boolean whole(Path done) throws IOException {
    try {
      return Files.readString(done.resolve(SIZES)).equals(sizes(done));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static String sizes(Path directory) throws IOException {
    return Files.size(directory.resolve(CommandLine.KERNEL))
        + " "
        + Files.size(directory.resolve(CommandLine.INITRD));
  }

  private static void dump(Path disk, String file, Path directory, String name) throws IOException {
    Path target = directory.resolve(name);
    String real = resolve(disk, file, directory);
    debugfs(disk, "dump " + real + " " + name, directory);
    if (!Files.exists(target) || Files.size(target) == 0) {
      throw new UserError(
          "Could not read " + file + " out of the disk image " + disk,
          "Check `boot` in config.json beside it; the disk must be one ext4 file system.");
    }
  }

  private static String resolve(Path disk, String file, Path directory) {
    String at = file;
    for (int links = 0; links < MOST_LINKS; links++) {
      String stat = debugfs(disk, "stat " + at, directory);
      Matcher link = LINK.matcher(stat);
      if (!link.matches()) {
        return at;
      }
      at = Path.of(at).resolveSibling(link.group(1)).normalize().toString();
      if (!PATH.matcher(at).matches()) {
        break;
      }
    }
    throw new UserError(
        "Could not follow the link " + file + " in the disk image " + disk,
        "Name the file itself under `boot` in config.json.");
  }

  private static String debugfs(Path disk, String request, Path directory) {
    return Command.of(Programs.path("debugfs"), "-R", request, disk.toAbsolutePath().toString())
        .in(directory)
        .check()
        .text();
  }

  private static String text(Path config, JsonNode boot, String key) {
    String value = boot.path(key).asString("");
    if (value.isEmpty() || (!key.equals("append") && !PATH.matcher(value).matches())) {
      throw new UserError(
          "`boot." + key + "` in " + config + " is missing or not a plain path: " + value,
          "Make the image anew.");
    }
    return value;
  }

  private static JsonNode read(Path config) throws IOException {
    try {
      return JSON.readTree(Files.readAllBytes(config));
    } catch (JacksonException e) {
      throw new UserError(
          "The image's " + config + " is not JSON: " + e.getOriginalMessage(), "Make it anew.", e);
    }
  }
}
