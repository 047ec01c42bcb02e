package dev.bakehouse.store;

import dev.bakehouse.platform.Durable;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One file under a name nobody looks for, until it is renamed to its place.
///
/// A server of NFS that did what was asked and whose answer was lost is asked again by the kernel,
/// and then says that it can not: so what such an error means is seen in what stands there.
final class DirectoryUpload implements Upload {
  private final DirectoryStore store;
  private final Path root;
  private final Path temporary;
  private final FileChannel channel;
  private final OutputStream stream;

  DirectoryUpload(DirectoryStore store, Path root, Path temporary) throws IOException {
    this.store = store;
    this.root = root;
    this.temporary = temporary;
    this.channel =
        OwnerOnly.open(temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    this.stream = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 17);
  }

  @Override
  public OutputStream stream() {
    return stream;
  }

  @Override
  public void publish(String key) throws IOException {
    Path place = store.file(key);
    finish();
    Object own = identity(temporary);
    while (!placed(place, own)) {
      // A sweep took a directory away that was empty until now; none takes one with a blob in it.
    }
    syncUpTo(directoryOf(place));
  }

  /// @param own which file is to be there
  /// @return false when a directory was gone
  private boolean placed(Path place, @Nullable Object own) throws IOException {
    try {
      OwnerOnly.directories(root, directoryOf(place));
      rename(place);
      return true;
    } catch (NoSuchFileException e) {
      if (own != null && own.equals(identity(place))) {
        return true;
      }
      if (own == null || !own.equals(identity(temporary))) {
        // It is the upload that was swept.
        throw e;
      }
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }

  private void finish() throws IOException {
    if (channel.isOpen()) {
      stream.flush();
      channel.force(true);
      channel.close();
    }
  }

  private void rename(Path place) throws IOException {
    Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
  }

  /// Which file it is, whatever its name; null when there is none.
  private static @Nullable Object identity(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /// A rename, and every directory made for it, is durable once the directories are.
  private void syncUpTo(Path dir) throws IOException {
    for (Path each = dir; each.startsWith(root); each = directoryOf(each)) {
      Durable.sync(each);
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
