package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/// Names and attributes of what lies in a directory, by `readdir` and `statx`, on macOS `lstat`.
/// Paths as in [Posix].
@SuppressWarnings("restricted")
public final class DirectoryListing {
  /// What a name stands for. Times are nanoseconds since the epoch.
  ///
  /// @param type the bits of the file's type, `S_IFMT`
  /// @param mode the twelve permission bits
  public record Stat(
      int type, int mode, int links, long inode, long device, long size, long mtime, long ctime) {
    public boolean isDirectory() {
      return type == 0040000;
    }

    public boolean isFile() {
      return type == 0100000;
    }

    public boolean isSymlink() {
      return type == 0120000;
    }
  }

  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final boolean INTEL_MAC =
      !LINUX && !System.getProperty("os.arch").equals("aarch64");
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /// Where `d_name` lies in a `struct dirent`.
  private static final int NAME = LINUX ? 19 : 21;

  /// Where `d_reclen` lies.
  private static final int LENGTH = 16;

  private static final int STAT_SIZE = 256;
  private static final long NO_FOLLOW = 0x100;
  private static final long HERE = -100;
  private static final long BASIC = 0x7ff;
  private static final long SECOND = 1_000_000_000L;

  private static final MethodHandle OPEN = NativeCall.of(mac("opendir"));
  private static final MethodHandle READ = NativeCall.of(mac("readdir"));
  private static final MethodHandle CLOSE = NativeCall.of("closedir");
  private static final MethodHandle STAT = NativeCall.of(LINUX ? "statx" : mac("lstat"));

  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

  private DirectoryListing() {}

  private static final class Scratch {
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = arena.allocate(NativeCall.STATE);
    private final MemorySegment path = arena.allocate(1 << 15);
    private final MemorySegment stat = arena.allocate(STAT_SIZE, 8);

    long path(String raw) throws IOException {
      byte[] bytes = RawEnvironment.bytes(raw);
      if (bytes.length >= path.byteSize()) {
        throw new IOException("the path is too long: " + Posix.shown(raw));
      }
      MemorySegment.copy(bytes, 0, path, ValueLayout.JAVA_BYTE, 0, bytes.length);
      path.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
      return path.address();
    }

    IOException failure(String what, String path) {
      return Posix.failure(what, path, NativeCall.errno(state));
    }
  }

  /// The names in a directory without `.` and `..`, in no order.
  public static List<String> names(String directory) throws IOException {
    Scratch own = OWN.get();
    List<String> names = new ArrayList<>();
    try {
      long open = (long) OPEN.invokeExact(own.state, own.path(directory), 0L, 0L, 0L, 0L);
      if (open == 0) {
        throw own.failure("read the directory", directory);
      }
      try {
        while (true) {
          long entry = (long) READ.invokeExact(own.state, open, 0L, 0L, 0L, 0L);
          if (entry == 0) {
            return names;
          }
          String name = name(MemorySegment.ofAddress(entry));
          if (!name.equals(".") && !name.equals("..")) {
            names.add(name);
          }
        }
      } finally {
        long _ = (long) CLOSE.invokeExact(own.state, open, 0L, 0L, 0L, 0L);
      }
    } catch (Throwable e) {
      throw Posix.io(e);
    }
  }

  /// @throws NoSuchFileException when there is nothing of that name
  public static Stat stat(String path) throws IOException {
    Scratch own = OWN.get();
    try {
      long file = own.path(path);
      long to = own.stat.address();
      int result =
          LINUX
              ? (int) (long) STAT.invokeExact(own.state, HERE, file, NO_FOLLOW, BASIC, to)
              : (int) (long) STAT.invokeExact(own.state, file, to, 0L, 0L, 0L);
      if (result < 0) {
        throw own.failure("look at", path);
      }
      return LINUX ? statx(own.stat) : macStat(own.stat);
    } catch (Throwable e) {
      throw Posix.io(e);
    }
  }

  /// `struct statx` of `linux/stat.h`, the same on every architecture.
  private static Stat statx(MemorySegment s) {
    int mode = s.get(SHORT, 28) & 0xffff;
    return new Stat(
        mode & 0170000,
        mode & 07777,
        s.get(INT, 16),
        s.get(LONG, 32),
        ((long) s.get(INT, 136) << 32) | (s.get(INT, 140) & 0xffffffffL),
        s.get(LONG, 40),
        s.get(LONG, 112) * SECOND + s.get(INT, 120),
        s.get(LONG, 96) * SECOND + s.get(INT, 104));
  }

  /// `struct stat` with 64-bit inodes of macOS's `sys/stat.h`.
  private static Stat macStat(MemorySegment s) {
    int mode = s.get(SHORT, 4) & 0xffff;
    return new Stat(
        mode & 0170000,
        mode & 07777,
        s.get(SHORT, 6) & 0xffff,
        s.get(LONG, 8),
        s.get(INT, 0),
        s.get(LONG, 96),
        s.get(LONG, 48) * SECOND + s.get(LONG, 56),
        s.get(LONG, 64) * SECOND + s.get(LONG, 72));
  }

  /// Of a `struct dirent`, which is as long as it says.
  private static String name(MemorySegment entry) {
    int length = entry.reinterpret(NAME).get(SHORT, LENGTH) & 0xffff;
    return entry.reinterpret(length).getString(NAME, StandardCharsets.ISO_8859_1);
  }

  /// Macs with Intel processors have the old layouts under the plain names.
  private static String mac(String name) {
    boolean old = INTEL_MAC && !name.equals("closedir");
    return old ? name + "$INODE64" : name;
  }
}
