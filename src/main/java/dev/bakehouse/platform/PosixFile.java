package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/// The system's own calls on open files, for what [Posix] is for.
///
/// Files are the system's descriptors. Paths are byte strings as in [Posix]; no call but
/// [#openDirectory] follows a symbolic link in the last segment.
@SuppressWarnings("restricted")
public final class PosixFile {
  private static final boolean LINUX = NativeCall.LINUX;
  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
  private static final int WRITE_ONLY = 1;
  private static final int CLOSE_ON_EXEC = LINUX ? 0x80000 : 0x1000000;
  private static final int CREATE_NEW = LINUX ? 0x40 | 0x80 : 0x200 | 0x800;
  private static final int NO_WAIT = LINUX ? 0x800 : 0x4;
  private static final int DIRECTORY = LINUX ? (ARM ? 0x4000 : 0x10000) : 0x100000;
  private static final int NO_FOLLOW = LINUX ? (ARM ? 0x8000 : 0x20000) : 0x100;
  private static final int LARGEST_WRITE = 1 << 24;

  private static final MethodHandle OPEN = NativeCall.variadic("open");
  private static final MethodHandle CLOSE = NativeCall.of("close");
  private static final MethodHandle WRITE_AT = NativeCall.of("pwrite");
  private static final MethodHandle READ_AT = NativeCall.of("pread");
  private static final MethodHandle SIZE = NativeCall.of("ftruncate");
  private static final MethodHandle FILE_TIMES = NativeCall.of("futimens");
  private static final MethodHandle FILE_MODE = NativeCall.of("fchmod");

  private PosixFile() {}

  /// Of what is a directory, or a symbolic link to one.
  static int openDirectory(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC | DIRECTORY);
  }

  /// Refuses a symbolic link, and waits for nobody at a FIFO.
  ///
  /// @return a descriptor for [#read], [#close]
  public static int openReadHere(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC | NO_FOLLOW | NO_WAIT);
  }

  /// Makes a file that was not there.
  ///
  /// @return a descriptor for [#write], [#stamp], [#close]
  public static int create(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC | CREATE_NEW | NO_FOLLOW | WRITE_ONLY);
  }

  public static int openWrite(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC | NO_FOLLOW | WRITE_ONLY);
  }

  private static int open(String path, int flags) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      long result = (long) OPEN.invokeExact(own.state, own.path(path), (long) flags, 0600L, 0L, 0L);
      own.check(result, "open", path);
      return (int) result;
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// @param bytes outside the heap or on it
  /// @param path for messages
  public static void write(int file, long offset, MemorySegment bytes, String path)
      throws IOException {
    PosixCall own = PosixCall.own();
    long length = bytes.byteSize();
    long done = 0;
    try {
      while (done < length) {
        long count = length - done;
        long from;
        if (bytes.isNative()) {
          count = Math.min(LARGEST_WRITE, count);
          from = bytes.address() + done;
        } else {
          count = Math.min(PosixCall.BUFFER, count);
          MemorySegment.copy(bytes, done, own.buffer, 0, count);
          from = own.buffer.address();
        }
        long result =
            (long) WRITE_AT.invokeExact(own.state, (long) file, from, count, offset + done, 0L);
        own.check(result, "write", path);
        done += (int) result;
      }
    } catch (Throwable e) {
      throw PosixCall.io(e);
    } finally {
      Reference.reachabilityFence(bytes);
    }
  }

  /// @return how many bytes, -1 at the end
  public static int read(int file, long offset, byte[] bytes, int from, int length, String path)
      throws IOException {
    PosixCall own = PosixCall.own();
    try {
      int count = Math.min(PosixCall.BUFFER, length);
      long result =
          (long)
              READ_AT.invokeExact(
                  own.state, (long) file, own.buffer.address(), (long) count, offset, 0L);
      own.check(result, "read", path);
      if (result == 0) {
        return -1;
      }
      MemorySegment.copy(own.buffer, ValueLayout.JAVA_BYTE, 0, bytes, from, (int) result);
      return (int) result;
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// Gives an open file its size, so that what was not written is a hole.
  public static void size(int file, long size, String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) SIZE.invokeExact(own.state, (long) file, size, 0L, 0L, 0L),
          "give a size to",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// Gives an open file its mode and time.
  public static void stamp(int file, int mode, long mtime, String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) FILE_MODE.invokeExact(own.state, (long) file, (long) mode, 0L, 0L, 0L),
          "change the mode of",
          path);
      MemorySegment times = own.mtime(mtime);
      own.check(
          (long) FILE_TIMES.invokeExact(own.state, (long) file, times.address(), 0L, 0L, 0L),
          "change the time of",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void close(int file) throws IOException {
    try {
      long _ = (long) CLOSE.invokeExact(PosixCall.own().state, (long) file, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }
}
