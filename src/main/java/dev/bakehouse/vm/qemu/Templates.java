package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// `STATE/templates`: one directory a key. It comes and goes by a rename.
final class Templates {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,149}");

  private final Path root;

  Templates(Path state) {
    this.root = state.resolve("templates");
  }

  /// Where the template is or will be; its parent exists.
  Path directory(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new UserError(
          "`" + key + "` can not be the key of a template",
          "Use up to 150 letters, digits, dots, dashes, underscores.");
    }
    try {
      return Trees.make(root).resolve(key);
    } catch (IOException e) {
      throw new UserError("Could not make " + root + ": " + e.getMessage(), "Check its mode.", e);
    }
  }

  /// The template, when this QEMU can resume it and nothing of it is missing.
  Optional<Template> find(String key, Qemu qemu) {
    Path directory = directory(key);
    Optional<TemplateFile> file = TemplateFile.read(directory);
    try {
      boolean fits =
          file.isPresent()
              && new CommandLine(qemu)
                  .signature(file.get().shape(), BootFiles.append(directory))
                  .equals(file.get().signature())
              && BaseFiles.complete(directory);
      return fits ? Optional.of(new Template(key, directory)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// The images templates were made from.
  List<BaseImage> images() {
    try {
      return Trees.names(root).stream()
          .filter(n -> KEY.matcher(n).matches())
          .flatMap(n -> TemplateFile.read(root.resolve(n)).stream())
          .map(TemplateFile::image)
          .toList();
    } catch (IOException e) {
      throw new UserError("Could not read " + root + ": " + e.getMessage(), "Check its mode.", e);
    }
  }

  /// VMs made from it have what they need of it.
  void delete(String key) {
    Path directory = directory(key);
    Path dead = root.resolve(VmHome.mine("dead"));
    try {
      Files.move(directory, dead, StandardCopyOption.ATOMIC_MOVE);
      Trees.delete(dead);
    } catch (NoSuchFileException e) {
      // Gone already, as wanted.
    } catch (IOException e) {
      throw new UserError(
          "Could not delete the template " + directory + ": " + e, "Delete it by hand.", e);
    }
  }
}
