package dev.bakehouse.store;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.RawEnvironment;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `dir:PATH`: one file a blob, on a local disk or NFS, readable by its owner only.
///
/// Uploads are written below `.uploads` of the same file system, synced, and then renamed to their
/// place: that holds on NFS, where locks may not. Hosts that share one run as one user.
public final class DirectoryStore implements BlobStore {
  static final String UPLOADS = ".uploads";
  private static final Pattern UPLOAD = Pattern.compile("[0-9a-f-]{36}");

  private final Path root;

  /// @param root made when the first blob is published
  public DirectoryStore(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  @Override
  public String url() {
    return "dir:" + root;
  }

  @Override
  public Upload upload() throws IOException {
    Path uploads = OwnerOnly.directories(root, root.resolve(UPLOADS));
    return new DirectoryUpload(this, root, uploads.resolve(UUID.randomUUID().toString()));
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    try {
      BasicFileAttributes attributes =
          again(() -> Files.readAttributes(file(key), BasicFileAttributes.class));
      return attributes.isRegularFile() ? Optional.of(info(key, attributes)) : Optional.empty();
    } catch (FileSystemException e) {
      return gone(e);
    }
  }

  /// A reader that stays on its file, also when its name goes; on NFS it may lose it then.
  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    if (stat(key).isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(again(() -> Files.newByteChannel(file(key))));
    } catch (FileSystemException e) {
      return gone(e);
    }
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    List<BlobInfo> all = new ArrayList<>();
    Path top = prefix.isEmpty() ? root : file(prefix);
    try {
      // This and what is above may be symbolic links.
      Files.walkFileTree(top.toRealPath(), new Lister(top, top.toRealPath(), all));
    } catch (FileSystemException e) {
      if (!vanished(top, e)) {
        throw e;
      }
    }
    return all;
  }

  @Override
  public boolean delete(String key) throws IOException {
    Path file = file(key);
    try {
      boolean deleted = Files.deleteIfExists(file);
      if (deleted) {
        removeEmpty(file.getParent());
      }
      return deleted;
    } catch (FileSystemException e) {
      return gone(e).isPresent();
    }
  }

  /// Removes a directory and those above it, up to the first that holds something. Writers make
  /// again what they find missing.
  private void removeEmpty(@Nullable Path directory) {
    try {
      for (Path each = directory; each != null && !each.equals(root); each = each.getParent()) {
        Posix.removeDirectory(RawEnvironment.raw(each.toString()));
      }
    } catch (IOException e) {
      // It is not empty, or not for this process to remove.
    }
  }

  @Override
  public void touch(String key) throws IOException {
    try {
      Posix.touch(RawEnvironment.raw(file(key).toString()));
    } catch (FileSystemException e) {
      gone(e);
    }
  }

  /// The file system's, on NFS its server's.
  @Override
  public Optional<Instant> now() throws IOException {
    try {
      Path real = root.toRealPath();
      Posix.touch(RawEnvironment.raw(real.toString()));
      return Optional.of(Files.getLastModifiedTime(real).toInstant());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public int deleteAbandoned(Instant before) throws IOException {
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(UPLOADS))) {
      for (Path file : files) {
        try {
          if (UPLOAD.matcher(String.valueOf(file.getFileName())).matches()
              && Files.getLastModifiedTime(file).toInstant().isBefore(before)
              && Files.deleteIfExists(file)) {
            count++;
          }
        } catch (FileSystemException e) {
          // Published or removed by its owner meanwhile.
          gone(e);
        }
      }
    } catch (NoSuchFileException e) {
      return 0;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return count;
  }

  Path file(String key) {
    return root.resolve(Keys.check(key));
  }

  private interface Access<T> {
    T get() throws IOException;
  }

  /// On NFS a name that was just replaced may lead to the file that is gone; asked again, it leads
  /// to the new one.
  private static <T> T again(Access<T> access) throws IOException {
    try {
      return access.get();
    } catch (FileSystemException e) {
      if (stale(e)) {
        return access.get();
      }
      throw e;
    }
  }

  private static boolean stale(FileSystemException e) {
    return e.getReason() != null && e.getReason().startsWith("Stale file handle");
  }

  private static boolean absent(IOException e) {
    return e instanceof NoSuchFileException
        || (e instanceof FileSystemException f
            && (stale(f) || "Not a directory".equals(f.getReason())));
  }

  /// Not so when a server lost its files for a moment: a list that is not whole is none. Then what
  /// lies above can not be asked either.
  private static boolean vanished(Path path, IOException e) {
    boolean stale = e instanceof FileSystemException f && stale(f);
    return absent(e) && (!stale || Files.notExists(path, LinkOption.NOFOLLOW_LINKS));
  }

  private static <T> Optional<T> gone(FileSystemException e) throws FileSystemException {
    if (absent(e)) {
      return Optional.empty();
    }
    throw e;
  }

  /// A rename gives a name another inode; one that was freed and used again was born later.
  private static BlobInfo info(String key, BasicFileAttributes attributes) {
    String version =
        attributes.fileKey() + "-" + attributes.size() + "-" + attributes.creationTime();
    Instant modified = attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS);
    return new BlobInfo(key, attributes.size(), modified, version);
  }

  private final class Lister extends SimpleFileVisitor<Path> {
    private final Path top;
    private final Path real;
    private final List<BlobInfo> all;

    Lister(Path top, Path real, List<BlobInfo> all) {
      this.top = top;
      this.real = real;
      this.all = all;
    }

    private Path named(Path path) {
      return root.relativize(top.resolve(real.relativize(path)).normalize());
    }

    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
      return named(dir).equals(Path.of(UPLOADS))
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isSymbolicLink() && Files.isDirectory(file)) {
        throw new IOException(
            file
                + " is a symbolic link to a directory, and what lies there is not listed: put the"
                + " directory itself there, or make the store's own directory the link");
      }
      String key = named(file).toString();
      if (attributes.isRegularFile() && Keys.valid(key)) {
        all.add(info(key, attributes));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (vanished(file, e)) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
        throws IOException {
      return e == null ? FileVisitResult.CONTINUE : visitFileFailed(dir, e);
    }
  }
}
