package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/// Small file work done the same way everywhere.
public final class Directories {
  private Directories() {}

  /// Makes a directory only its owner can enter; parents as the system makes them.
  public static Path makePrivate(Path dir) {
    try {
      if (!Files.isDirectory(dir)) {
        Path parent = dir.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.createDirectory(
            dir,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      return dir;
    } catch (IOException e) {
      if (Files.isDirectory(dir)) {
        return dir;
      }
      throw new UserError(
          "Could not make the directory " + dir + ": " + Reason.of(e),
          "Check its parent's owner and free space.",
          e);
    }
  }

  /// Refuses a file that others than its owner can read, write or run.
  ///
  /// @param what begins the error, for example `The credentials file`
  public static void insistPrivate(String what, Path file) throws IOException {
    String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    if (!mode.endsWith("------")) {
      throw new UserError(
          what + " " + file + " has mode " + mode + ": others can use it", "chmod 600 " + file);
    }
  }

  /// Writes a file only its owner can read, in one atomic step; a power cut leaves the old bytes or
  /// the new ones.
  public static void writePrivate(Path file, byte[] content) {
    write(file, content, "rw-------");
  }

  /// The same for a file that its owner can also run.
  public static void writeProgram(Path file, byte[] content) {
    write(file, content, "rwx------");
  }

  private static void write(Path file, byte[] content, String mode) {
    Path temporary =
        file.resolveSibling(
            "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    try {
      Files.deleteIfExists(temporary);
      Files.createFile(
          temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
      Files.write(temporary, content, StandardOpenOption.WRITE);
      Durable.publish(temporary, file);
    } catch (IOException e) {
      throw new UserError(
          "Could not write " + file + ": " + Reason.of(e),
          "Check its directory's owner and free space.",
          e);
    }
  }

  /// Removes a directory and all in it, following no link; missing is fine.
  public static void delete(Path dir) {
    if (!Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.walkFileTree(
          dir,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException error)
                throws IOException {
              if (error instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
              }
              throw error;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path d, @Nullable IOException error)
                throws IOException {
              Files.deleteIfExists(d);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UserError("Could not remove " + dir + ": " + e, "Remove it by hand.", e);
    }
  }
}
