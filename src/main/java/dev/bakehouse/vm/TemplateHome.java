package dev.bakehouse.vm;

import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;

/// `STATE/templates`: one directory a key. It comes and goes by a rename.
public final class TemplateHome {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,149}");

  private final Path root;

  public TemplateHome(Path state) {
    this.root = state.resolve("templates");
  }

  /// Where the template is or will be; its parent exists.
  public Path directory(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new UserError(
          "`" + key + "` can not be the key of a template",
          "Use up to 150 letters, digits, dots, dashes, underscores.");
    }
    try {
      return Trees.make(root).resolve(key);
    } catch (IOException e) {
      throw new UserError("Could not make " + root + ": " + Reason.of(e), "Check its mode.", e);
    }
  }

  /// The directories of all there are.
  public List<Path> all() {
    try {
      return Trees.names(root).stream()
          .filter(n -> KEY.matcher(n).matches())
          .map(root::resolve)
          .toList();
    } catch (IOException e) {
      throw new UserError("Could not read " + root + ": " + Reason.of(e), "Check its mode.", e);
    }
  }

  /// Deletes one; it may be gone already. VMs made from it have what they need of it.
  public void delete(String key) {
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
