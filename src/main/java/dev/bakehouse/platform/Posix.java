package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;

/// The system's own calls on files, where Java's cost too much for a hundred thousand small files,
/// decode names that are no text, or know neither all mode bits nor the times of symbolic links.
///
/// Paths are byte strings, one character (0 to 255) for each byte. No call but [#openRead] follows
/// a symbolic link in the last segment.
@SuppressWarnings("restricted")
public final class Posix {
  private static final boolean LINUX = NativeCall.LINUX;
  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
  private static final int WRITE_ONLY = 1;
  private static final int CLOSE_ON_EXEC = LINUX ? 0x80000 : 0x1000000;
  private static final int NO_DIRECTORY = 20;
  private static final int CREATE_NEW = LINUX ? 0x40 | 0x80 : 0x200 | 0x800;
  private static final int NO_WAIT = LINUX ? 0x800 : 0x4;
  private static final int DIRECTORY = LINUX ? (ARM ? 0x4000 : 0x10000) : 0x100000;
  private static final int NO_FOLLOW = LINUX ? (ARM ? 0x8000 : 0x20000) : 0x100;
  private static final long HERE = LINUX ? -100 : -2;
  private static final long AT_NO_FOLLOW = LINUX ? 0x100 : 0x20;
  private static final long LEAVE_TIME = LINUX ? (1L << 30) - 2 : -2;
  private static final int LONGEST_PATH = 1 << 15;
  private static final int BUFFER = 1 << 18;
  private static final int LARGEST_WRITE = 1 << 24;
  private static final int SECOND = 1_000_000_000;

  private static final int NO_ENTRY = 2;
  private static final int EXISTS = 17;
  private static final Map<Integer, String> WORDS =
      Map.of(
          1, "operation not permitted",
          5, "input/output error",
          13, "permission denied",
          20, "something in the path is no directory",
          21, "it is a directory",
          24, "too many open files",
          27, "the file is too large",
          28, "no space left on the device",
          30, "the file system is read-only");

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final MethodHandle OPEN = NativeCall.variadic("open");
  private static final MethodHandle CLOSE = NativeCall.of("close");
  private static final MethodHandle WRITE_AT = NativeCall.of("pwrite");
  private static final MethodHandle READ_AT = NativeCall.of("pread");
  private static final MethodHandle SIZE = NativeCall.of("ftruncate");
  private static final MethodHandle FILE_TIMES = NativeCall.of("futimens");
  private static final MethodHandle FILE_MODE = NativeCall.of("fchmod");
  private static final MethodHandle TIMES = NativeCall.of("utimensat");
  private static final MethodHandle MODE = NativeCall.of("chmod");
  private static final MethodHandle MAKE_DIRECTORY = NativeCall.of("mkdir");
  private static final MethodHandle REMOVE_DIRECTORY = NativeCall.of("rmdir");
  private static final MethodHandle REMOVE = NativeCall.of("unlink");
  private static final MethodHandle RENAME = NativeCall.of("rename");
  private static final MethodHandle LINK = NativeCall.of("linkat");
  private static final MethodHandle SYMLINK = NativeCall.of("symlink");
  private static final MethodHandle READ_LINK = NativeCall.of("readlink");

  private Posix() {}

  /// What one thread passes to calls.
  private static final class Scratch {
    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = arena.allocate(NativeCall.STATE);
    private final MemorySegment path = arena.allocate(LONGEST_PATH);
    private final MemorySegment other = arena.allocate(LONGEST_PATH);
    private final MemorySegment times = arena.allocate(LONG, 4);
    private final MemorySegment buffer = arena.allocate(BUFFER);

    static Scratch own() {
      return OWN.get();
    }

    long path(String raw) throws IOException {
      return string(raw, path);
    }

    long other(String raw) throws IOException {
      return string(raw, other);
    }

    private static long string(String raw, MemorySegment to) throws IOException {
      byte[] bytes = RawEnvironment.bytes(raw);
      if (bytes.length >= LONGEST_PATH || raw.indexOf('\0') >= 0) {
        throw new IOException("not a path: " + shown(raw));
      }
      MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 0, bytes.length);
      to.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
      return to.address();
    }

    MemorySegment mtime(long nanos) {
      times.setAtIndex(LONG, 0, 0);
      times.setAtIndex(LONG, 1, LEAVE_TIME);
      times.setAtIndex(LONG, 2, Math.floorDiv(nanos, SECOND));
      times.setAtIndex(LONG, 3, Math.floorMod(nanos, SECOND));
      return times;
    }

    /// @param result an `int`, or bytes of at most [#BUFFER]
    void check(long result, String what, String path) throws IOException {
      if ((int) result < 0) {
        throw failure(what, path, NativeCall.errno(state));
      }
    }
  }

  /// A text for people: bytes that are no printable ASCII as `\xNN`.
  public static String shown(String raw) {
    StringBuilder text = new StringBuilder();
    raw.chars()
        .limit(300)
        .forEach(
            c -> {
              if (c < 0x20 || c >= 0x7f) {
                text.append(String.format("\\x%02x", c));
              } else {
                text.append((char) c);
              }
            });
    return text.toString();
  }

  static IOException failure(String what, String path, int errno) {
    String why = WORDS.getOrDefault(errno, "error " + errno);
    return switch (errno) {
      case NO_ENTRY -> new NoSuchFileException(shown(path));
      case NO_DIRECTORY -> new NotDirectoryException(shown(path));
      case EXISTS -> new FileAlreadyExistsException(shown(path));
      default -> new IOException("could not " + what + " " + shown(path) + ": " + why);
    };
  }

  /// @return a descriptor for [#read], [#close]
  public static int openRead(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC);
  }

  /// Of what is a directory, or a symbolic link to one.
  static int openDirectory(String path) throws IOException {
    return open(path, CLOSE_ON_EXEC | DIRECTORY);
  }

  /// As [#openRead], refuses a symbolic link, and waits for nobody at a FIFO.
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
    Scratch own = Scratch.own();
    try {
      long result = (long) OPEN.invokeExact(own.state, own.path(path), (long) flags, 0600L, 0L, 0L);
      own.check(result, "open", path);
      return (int) result;
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// @param bytes outside the heap or on it
  /// @param path for messages
  public static void write(int file, long offset, MemorySegment bytes, String path)
      throws IOException {
    Scratch own = Scratch.own();
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
          count = Math.min(BUFFER, count);
          MemorySegment.copy(bytes, done, own.buffer, 0, count);
          from = own.buffer.address();
        }
        long result =
            (long) WRITE_AT.invokeExact(own.state, (long) file, from, count, offset + done, 0L);
        own.check(result, "write", path);
        done += (int) result;
      }
    } catch (Throwable e) {
      throw io(e);
    } finally {
      Reference.reachabilityFence(bytes);
    }
  }

  /// @return how many bytes, -1 at the end
  public static int read(int file, long offset, byte[] bytes, int from, int length, String path)
      throws IOException {
    Scratch own = Scratch.own();
    try {
      int count = Math.min(BUFFER, length);
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
      throw io(e);
    }
  }

  /// Gives an open file its size, so that what was not written is a hole.
  public static void size(int file, long size, String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) SIZE.invokeExact(own.state, (long) file, size, 0L, 0L, 0L),
          "give a size to",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// Gives an open file its mode and time.
  public static void stamp(int file, int mode, long mtime, String path) throws IOException {
    Scratch own = Scratch.own();
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
      throw io(e);
    }
  }

  public static void close(int file) throws IOException {
    try {
      long _ = (long) CLOSE.invokeExact(Scratch.own().state, (long) file, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void time(String path, long mtime) throws IOException {
    Scratch own = Scratch.own();
    try {
      MemorySegment times = own.mtime(mtime);
      own.check(
          (long)
              TIMES.invokeExact(own.state, HERE, own.path(path), times.address(), AT_NO_FOLLOW, 0L),
          "change the time of",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// Not for symbolic links, whose targets it would change.
  public static void mode(String path, int mode) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) MODE.invokeExact(own.state, own.path(path), (long) mode, 0L, 0L, 0L),
          "change the mode of",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void makeDirectory(String path, int mode) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) MAKE_DIRECTORY.invokeExact(own.state, own.path(path), (long) mode, 0L, 0L, 0L),
          "make",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void removeDirectory(String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) REMOVE_DIRECTORY.invokeExact(own.state, own.path(path), 0L, 0L, 0L, 0L),
          "remove",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void remove(String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) REMOVE.invokeExact(own.state, own.path(path), 0L, 0L, 0L, 0L), "remove", path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void rename(String from, String to) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) RENAME.invokeExact(own.state, own.path(from), own.other(to), 0L, 0L, 0L),
          "rename",
          from);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// @param of what is there
  public static void link(String of, String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) LINK.invokeExact(own.state, HERE, own.path(of), HERE, own.other(path), 0L),
          "link to",
          of);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static void symlink(String target, String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      own.check(
          (long) SYMLINK.invokeExact(own.state, own.path(target), own.other(path), 0L, 0L, 0L),
          "make the symbolic link",
          path);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  public static String readLink(String path) throws IOException {
    Scratch own = Scratch.own();
    try {
      long result =
          (long)
              READ_LINK.invokeExact(
                  own.state, own.path(path), own.buffer.address(), (long) BUFFER, 0L, 0L);
      own.check(result, "read the symbolic link", path);
      return string(own.buffer, result);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  static String string(MemorySegment from, long length) {
    byte[] bytes = from.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static IOException io(Throwable e) {
    return switch (e) {
      case IOException io -> io;
      case Error error -> throw error;
      default -> new IOException(e);
    };
  }
}
