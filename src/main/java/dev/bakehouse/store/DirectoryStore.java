package dev.bakehouse.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// `dir:PATH`: one file a blob, on a local disk or NFS.
///
/// Uploads are written below `.uploads` of the same file system, synced and renamed.
public final class DirectoryStore implements BlobStore {
  private static final String UPLOADS = ".uploads";
  private static final Pattern KEY =
      Pattern.compile("[A-Za-z0-9_+=-][A-Za-z0-9._+=-]*(/[A-Za-z0-9_+=-][A-Za-z0-9._+=-]*)*");

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
    Path uploads = Files.createDirectories(root.resolve(UPLOADS));
    return new DirectoryUpload(uploads.resolve(UUID.randomUUID().toString()), this::file);
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file(key), BasicFileAttributes.class);
      return attributes.isRegularFile() ? Optional.of(info(key, attributes)) : Optional.empty();
    } catch (NoSuchFileException | FileNotFoundException e) {
      return Optional.empty();
    }
  }

  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    if (stat(key).isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.newByteChannel(file(key)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    Path top = prefix.isEmpty() ? root : file(prefix);
    List<BlobInfo> all = new ArrayList<>();
    if (!Files.isDirectory(top)) {
      return all;
    }
    Files.walkFileTree(
        top,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return dir.equals(root.resolve(UPLOADS))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String key = root.relativize(file).toString();
            if (attributes.isRegularFile() && KEY.matcher(key).matches()) {
              all.add(info(key, attributes));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    return all;
  }

  @Override
  public boolean delete(String key) throws IOException {
    return Files.deleteIfExists(file(key));
  }

  @Override
  public void touch(String key) throws IOException {
    try {
      Files.setLastModifiedTime(file(key), FileTime.from(Instant.now()));
    } catch (NoSuchFileException e) {
      // Gone, and that is what the contract says it stays.
    }
  }

  @Override
  public int deleteAbandoned(Instant before) throws IOException {
    Path uploads = root.resolve(UPLOADS);
    if (!Files.isDirectory(uploads)) {
      return 0;
    }
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(uploads)) {
      for (Path file : files) {
        try {
          if (Files.getLastModifiedTime(file).toInstant().isBefore(before)
              && Files.deleteIfExists(file)) {
            count++;
          }
        } catch (NoSuchFileException e) {
          // Published or removed by its owner meanwhile.
        }
      }
    }
    return count;
  }

  private Path file(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException("not a key of a blob: " + key);
    }
    return root.resolve(key);
  }

  private static BlobInfo info(String key, BasicFileAttributes attributes) {
    return new BlobInfo(key, attributes.size(), attributes.lastModifiedTime().toInstant());
  }
}
