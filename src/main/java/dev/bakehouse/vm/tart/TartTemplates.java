package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Pattern;

/// `STATE/templates`: one directory a key; its `template.json` names the suspended VM in Tart.
final class TartTemplates {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,149}");

  private final Path root;

  TartTemplates(Path state) {
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

  /// The template, when this host can resume it and Tart still has it suspended.
  Optional<Template> find(String key, Tart tart) {
    Path directory = directory(key);
    return TartTemplate.read(directory)
        .filter(TartTemplate::fitsHost)
        .filter(t -> tart.get(t.vm()).filter(TartVmState::suspended).isPresent())
        .map(_ -> new Template(key, directory));
  }

  /// Tart's VM first: while the directory is there, somebody can still delete the VM by it.
  void delete(String key, Tart tart) {
    Path directory = directory(key);
    TartTemplate.read(directory).ifPresent(t -> tart.delete(t.vm()));
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
