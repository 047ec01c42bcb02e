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

/// Names and attributes of what lies in a directory: on Linux by a `getdents64` for many and a
/// `statx` for each, relative to the directory; on macOS by `readdir` and `lstat`. Paths as in
/// [Posix].
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

  /// What lies in a directory.
  public record Named(String name, Stat stat) {}

  private static final boolean LINUX = NativeCall.LINUX;
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
  private static final int STAT_WORDS = 18;
  private static final int NAMES = 1 << 15;
  private static final long GET_NAMES = System.getProperty("os.arch").equals("aarch64") ? 61 : 217;
  private static final int NO_ENTRY = 2;
  private static final long NO_FOLLOW = 0x100;
  private static final long HERE = -100;
  private static final long BASIC = 0x7ff;
  private static final long SECOND = 1_000_000_000L;

  private static final MethodHandle STAT = NativeCall.of(LINUX ? "statx" : mac("lstat"));

  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

  private DirectoryListing() {}

  private static final class Scratch {
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = arena.allocate(NativeCall.STATE);
    private final MemorySegment path = arena.allocate(1 << 15);
    private final MemorySegment stat = arena.allocate(STAT_SIZE, 8);
    private final long[] words = new long[STAT_WORDS];

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
      return PosixCall.failure(what, path, NativeCall.errno(state));
    }
  }

  /// What lies in a directory, in no order. What goes meanwhile may be left out.
  public static List<Named> list(String directory) throws IOException {
    return LINUX ? Linux.list(directory) : Mac.list(directory);
  }

  private static final class Linux {
    private static final MethodHandle CALL = NativeCall.of("syscall");
    private static final ThreadLocal<MemorySegment> MEMORY =
        ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(NAMES, 8));

    static List<Named> list(String directory) throws IOException {
      Scratch own = OWN.get();
      MemorySegment memory = MEMORY.get();
      byte[] bytes = new byte[NAMES];
      List<Named> all = new ArrayList<>();
      int open = PosixFile.openDirectory(directory);
      try {
        while (true) {
          long count =
              (long)
                  CALL.invokeExact(
                      own.state, GET_NAMES, (long) open, memory.address(), (long) NAMES, 0L);
          if (count == 0 || (count < 0 && NativeCall.errno(own.state) == NO_ENTRY)) {
            return all;
          }
          if (count < 0) {
            throw own.failure("read the directory", directory);
          }
          MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) count);
          int next;
          for (int at = 0; at < count; at = next) {
            next = at + ((bytes[at + LENGTH] & 0xff) | ((bytes[at + LENGTH + 1] & 0xff) << 8));
            String name = name(bytes, at + NAME);
            if (!name.equals(".") && !name.equals("..")) {
              look(own, open, memory.address() + at + NAME, name, directory, all);
            }
          }
        }
      } catch (Throwable e) {
        throw PosixCall.io(e);
      } finally {
        PosixFile.close(open);
      }
    }

    private static void look(
        Scratch own, int open, long at, String name, String directory, List<Named> to)
        throws Throwable {
      long result =
          (long) STAT.invokeExact(own.state, (long) open, at, NO_FOLLOW, BASIC, own.stat.address());
      if ((int) result == 0) {
        to.add(new Named(name, statx(own)));
      } else if (NativeCall.errno(own.state) != NO_ENTRY) {
        throw own.failure("look at", directory + "/" + name);
      }
    }

    private static String name(byte[] bytes, int at) {
      int end = at;
      while (bytes[end] != 0) {
        end++;
      }
      return new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
    }
  }

  private static final class Mac {
    private static final MethodHandle OPEN = NativeCall.of(mac("opendir"));
    private static final MethodHandle READ = NativeCall.of(mac("readdir"));
    private static final MethodHandle CLOSE = NativeCall.of("closedir");

    static List<Named> list(String directory) throws IOException {
      List<Named> all = new ArrayList<>();
      for (String name : names(directory)) {
        try {
          all.add(new Named(name, stat(directory + "/" + name)));
        } catch (NoSuchFileException e) {
          // Gone between the directory and the look.
        }
      }
      return all;
    }

    private static List<String> names(String directory) throws IOException {
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
        throw PosixCall.io(e);
      }
    }

    /// Of a `struct dirent`, which is as long as it says.
    private static String name(MemorySegment entry) {
      int length = entry.reinterpret(NAME).get(SHORT, LENGTH) & 0xffff;
      return entry.reinterpret(length).getString(NAME, StandardCharsets.ISO_8859_1);
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
      return LINUX ? statx(own) : macStat(own.stat);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// `struct statx` of `linux/stat.h`, the same on every (little-endian) architecture, in words.
  private static Stat statx(Scratch own) {
    long[] words = own.words;
    MemorySegment.copy(own.stat, LONG, 0, words, 0, STAT_WORDS);
    int mode = (int) (words[3] >>> 32) & 0xffff;
    return new Stat(
        mode & 0170000,
        mode & 07777,
        (int) words[2],
        words[4],
        words[17],
        words[5],
        words[14] * SECOND + (int) words[15],
        words[12] * SECOND + (int) words[13]);
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

  /// Macs with Intel processors have the old layouts under the plain names.
  private static String mac(String name) {
    boolean old = INTEL_MAC && !name.equals("closedir");
    return old ? name + "$INODE64" : name;
  }
}
