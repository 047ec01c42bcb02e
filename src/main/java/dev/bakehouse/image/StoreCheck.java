package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Looks whether this user can work with the store, and mends only what is wrong: modes of what the
/// user owns. What belongs to someone else is an error with the command that mends it.
final class StoreCheck {
  private static final Set<PosixFilePermission> DIRECTORY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);
  private static final Set<PosixFilePermission> FILE = EnumSet.of(PosixFilePermission.OWNER_READ);

  private final Path root;
  private final Log log;

  StoreCheck(Path root, Log log) {
    this.root = root;
    this.log = log;
  }

  void run() {
    String user = System.getProperty("user.name");
    log.say("user: " + user + ", HOME: " + System.getenv().getOrDefault("HOME", "not set"));
    try {
      Files.createDirectories(root);
      log.say(
          "store: %s, owner %s, mode %s"
              .formatted(root, Files.getOwner(root).getName(), mode(root)));
      mend(root, DIRECTORY, user);
      for (Path image : entries(root)) {
        if (Files.isDirectory(image)) {
          mend(image, DIRECTORY, user);
          for (Path file : entries(image)) {
            mend(file, FILE, user);
          }
        }
      }
    } catch (IOException e) {
      throw Trees.failed("check the store " + root, e);
    }
  }

  private void mend(Path path, Set<PosixFilePermission> needed, String user) throws IOException {
    if (!Files.isRegularFile(path) && !Files.isDirectory(path)) {
      return;
    }
    String owner = Files.getOwner(path).getName();
    Set<PosixFilePermission> has = Files.getPosixFilePermissions(path);
    if (owner.equals(user) && !has.containsAll(needed)) {
      String before = mode(path);
      has.addAll(needed);
      Files.setPosixFilePermissions(path, has);
      log.say("mended: %s had mode %s, now %s".formatted(path, before, mode(path)));
    }
    boolean usable = Files.isReadable(path) && (!Files.isDirectory(path) || Files.isWritable(path));
    if (!usable) {
      throw new UserError(
          "The store's %s belongs to %s (mode %s), %s can not use it"
              .formatted(path, owner, mode(path), user),
          "sudo chown -R " + user + " " + root);
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
