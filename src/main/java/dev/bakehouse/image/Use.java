package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Why images can not be deleted now. Asked within the gate, the answer holds until that is left.
final class Use {
  private final ImageStore store;
  private final Set<String> standing;
  private final Map<String, List<String>> leases;

  Use(ImageStore store) {
    this.store = store;
    this.standing = store.policy().inUse().images();
    this.leases = store.leased();
  }

  Optional<UserError> forbids(LocalImage image) {
    String name = image.name();
    if (image.pinned()) {
      return Optional.of(
          new UserError(
              "The image " + name + " is pinned",
              "`bakehouse image pin --remove " + name + "` first."));
    }
    if (standing.contains(name)) {
      return Optional.of(
          new UserError(
              "The image " + name + " is in use by a VM or template",
              "`bakehouse vm list` shows by which; delete that first."));
    }
    if (leases.containsKey(name)) {
      return Optional.of(
          new UserError(
              "The image " + name + " is in use: " + String.join("; ", leases.get(name)),
              "Wait for that to end."));
    }
    return running(store, image.directory()) ? Optional.of(runs(name)) : Optional.empty();
  }

  /// For people, in a word or two; empty when nothing but a pin may stand against deleting it.
  Optional<String> word(LocalImage image) {
    String name = image.name();
    if (standing.contains(name)) {
      return Optional.of("a VM or template stands on it");
    }
    if (leases.containsKey(name)) {
      return Optional.of(String.join("; ", leases.get(name)));
    }
    return running(store, image.directory()) ? Optional.of("it runs as a VM") : Optional.empty();
  }

  /// @throws UserError when what has that name must not be replaced by an image
  static void insistReplaceable(ImageStore store, String name) {
    Path place = store.root().resolve(name);
    if (Files.isDirectory(place) && !Files.exists(place.resolve(ImageStore.RECORD))) {
      throw new UserError(
          "`" + name + "` in " + store.root() + " is not an image of Bakehouse, it is not replaced",
          store.shared()
              ? "Choose another name, or `tart rename` or `tart delete` it first."
              : "Choose another name, or move that directory away.");
    }
    if (running(store, place)) {
      throw runs(name);
    }
  }

  private static UserError runs(String name) {
    return new UserError(
        "The image " + name + " runs as a VM", "Shut it down first (`tart stop " + name + "`).");
  }

  /// Tart holds a lock on the configuration of what it runs.
  private static boolean running(ImageStore store, Path directory) {
    Path config = directory.resolve("config.json");
    if (!store.shared() || !Files.exists(config)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(config, StandardOpenOption.READ);
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (IOException e) {
      throw Trees.failed("see whether " + directory + " runs", e);
    }
  }
}
