package dev.bakehouse.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Files and directories nobody else can look into, whatever the umask says.
final class OwnerOnly {
  private static final FileAttribute<Set<PosixFilePermission>> FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private OwnerOnly() {}

  static FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
    return FileChannel.open(file, options, FILE);
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /// Makes what is missing of a directory; those above the root as the system makes them.
  ///
  /// @throws java.nio.file.NoSuchFileException when one of them is removed meanwhile
  static Path directories(Path root, Path dir) throws IOException {
    Path parent = dir.getParent();
    if (Files.isDirectory(dir) || parent == null) {
      return dir;
    }
    if (dir.equals(root)) {
      Files.createDirectories(parent);
    } else {
      directories(root, parent);
    }
    try {
      return Files.createDirectory(dir, DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      // One that was removed since is reported as missing.
      if (attributes(dir).isDirectory()) {
        return dir;
      }
      throw e;
    }
  }
}
