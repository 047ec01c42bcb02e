package dev.bakehouse.store;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Function;

/// One file under a name nobody looks for, until it is renamed.
final class DirectoryUpload implements Upload {
  /// What jobs made is nobody's business but the store's owner's.
  private static final Set<PosixFilePermission> OWNER =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final Path temporary;
  private final Function<String, Path> places;
  private final FileChannel channel;
  private final OutputStream stream;

  DirectoryUpload(Path temporary, Function<String, Path> places) throws IOException {
    this.temporary = temporary;
    this.places = places;
    this.channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER));
    this.stream = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 17);
  }

  @Override
  public OutputStream stream() {
    return stream;
  }

  @Override
  public void publish(String key) throws IOException {
    Path place = places.apply(key);
    stream.flush();
    channel.force(true);
    channel.close();
    Path dir = directoryOf(place);
    try {
      rename(dir, place);
    } catch (NoSuchFileException e) {
      // The directory was swept as empty in between, or it is the upload that was swept.
      rename(dir, place);
    }
    syncUpTo(dir);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }

  private void rename(Path dir, Path place) throws IOException {
    Files.createDirectories(dir);
    Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
  }

  /// A rename, and every directory made for it, is durable once the directories are.
  private void syncUpTo(Path dir) throws IOException {
    Path root = directoryOf(directoryOf(temporary));
    for (Path each = dir; each.startsWith(root); each = directoryOf(each)) {
      try (FileChannel directory = FileChannel.open(each, StandardOpenOption.READ)) {
        directory.force(true);
      }
      if (each.equals(root)) {
        return;
      }
    }
  }

  private static Path directoryOf(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("a blob can not lie at " + path);
    }
    return parent;
  }
}
