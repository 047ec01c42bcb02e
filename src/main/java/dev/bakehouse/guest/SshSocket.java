package dev.bakehouse.guest;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where the shared connection's socket lies: in the given directory, or, as socket paths are
/// limited to about 100 bytes, in a short one of its own.
record SshSocket(Path path, Path own) implements AutoCloseable {
  static SshSocket in(Path dir, int longest) throws IOException {
    Path near = dir.toAbsolutePath().resolve("ssh");
    if (near.toString().length() <= longest) {
      Files.deleteIfExists(near);
      return new SshSocket(near, near);
    }
    Path own = Files.createTempDirectory("bh");
    return new SshSocket(own.resolve("s"), own);
  }

  /// One that another process made.
  static SshSocket at(Path path) {
    boolean near = path.endsWith("ssh");
    return new SshSocket(path, near ? path : requireNonNull(path.getParent()));
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(path);
      Files.deleteIfExists(own);
    } catch (IOException e) {
      // A leftover socket harms nobody: names are used once.
    }
  }
}
