package dev.bakehouse.platform;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;

/// Brings ranges of one file into another, existing one: shared where the file system can
/// (FICLONERANGE), else copied within the kernel (copy_file_range), else read and written. Holes of
/// the source are left alone, so the target must have holes there. Safe for several threads.
public final class FileRanges implements AutoCloseable {
  /// How a range came to its place, best first.
  public enum Way {
    SHARED,
    KERNEL,
    COPIED
  }

  private static final int BUFFER = 1 << 20;

  private final FileDescriptor from;
  private final FileDescriptor to;
  private final FileChannel in;
  private final FileChannel out;
  private final Holes holes;
  private volatile boolean shares;
  private volatile boolean kernel;

  FileRanges(Path from, Path to, Set<Way> ways) throws IOException {
    this.in = FileChannel.open(from, StandardOpenOption.READ);
    this.out = FileChannel.open(to, StandardOpenOption.WRITE);
    this.from = FileDescriptor.open(from, FileDescriptor.READ);
    this.to = FileDescriptor.open(to, FileDescriptor.READ_WRITE);
    this.holes = Holes.open(from);
    this.shares = FileDescriptor.LINUX && ways.contains(Way.SHARED);
    this.kernel = FileDescriptor.LINUX && ways.contains(Way.KERNEL);
  }

  public static FileRanges between(Path from, Path to) throws IOException {
    return new FileRanges(from, to, EnumSet.allOf(Way.class));
  }

  /// Makes a new file of another's content that takes up no space of its own until one is written
  /// to. False, and no file, where the file system can not.
  public static boolean share(Path from, Path to) throws IOException {
    if (!FileDescriptor.LINUX) {
      return FileDescriptor.cloneFile(from, to);
    }
    try (FileDescriptor source = FileDescriptor.open(from, FileDescriptor.READ)) {
      Files.createFile(to);
      try (FileDescriptor target = FileDescriptor.open(to, FileDescriptor.READ_WRITE)) {
        if (target.cloneWhole(source).ok()) {
          return true;
        }
      }
    }
    Files.delete(to);
    return false;
  }

  /// @return the worst way that was needed for a part of it
  public Way copy(long at, long target, long length) throws IOException {
    Way worst = Way.SHARED;
    long end = at + length;
    for (long data = holes.nextData(at); data < end; data = holes.nextData(holes.nextHole(data))) {
      long n = Math.min(end, holes.nextHole(data)) - data;
      Way way = part(data, target + data - at, n);
      worst = way.compareTo(worst) > 0 ? way : worst;
    }
    return worst;
  }

  /// Makes the target show the source's blocks, its holes too.
  ///
  /// @return false where that can not be, and nothing is done
  public boolean share(long at, long target, long length) throws IOException {
    if (!shares) {
      return false;
    }
    FileDescriptor.Answer answer = to.cloneRange(from, at, length, target);
    // A range that is not of whole blocks is refused alone, all others for good.
    shares = answer.ok() || answer.errno() == 22;
    return answer.ok();
  }

  private Way part(long at, long target, long length) throws IOException {
    if (share(at, target, length)) {
      return Way.SHARED;
    }
    long done = 0;
    while (kernel && done < length) {
      FileDescriptor.Answer answer = to.copyRange(from, at + done, length - done, target + done);
      if (answer.value() <= 0) {
        kernel = false;
      } else {
        done += answer.value();
      }
    }
    if (done == length) {
      return Way.KERNEL;
    }
    byHand(at + done, target + done, length - done);
    return Way.COPIED;
  }

  private void byHand(long at, long target, long length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(BUFFER, length));
    for (long done = 0; done < length; ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
      if (in.read(buffer, at + done) < 0) {
        throw new EOFException("a file became shorter while it was copied");
      }
      buffer.flip();
      while (buffer.hasRemaining()) {
        done += out.write(buffer, target + done);
      }
    }
  }

  @Override
  public void close() throws IOException {
    try (in;
        out;
        from;
        to) {
      holes.close();
    }
  }
}
