package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// The system's own calls on names and their attributes, where Java's cost too much for a hundred
/// thousand small files, decode names that are no text, or know neither all mode bits nor the times
/// of symbolic links. [PosixFile] has those on open files.
///
/// Paths are byte strings, one character (0 to 255) for each byte. No call follows a symbolic link
/// in the last segment, but for [#mode].
@SuppressWarnings("restricted")
public final class Posix {
  private static final long HERE = NativeCall.LINUX ? -100 : -2;
  private static final long AT_NO_FOLLOW = NativeCall.LINUX ? 0x100 : 0x20;

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

  public static void time(String path, long mtime) throws IOException {
    time(path, PosixCall.own().mtime(mtime));
  }

  /// Sets the time to the file system's now: on a network file system, its server's.
  public static void touch(String path) throws IOException {
    time(path, PosixCall.own().now());
  }

  private static void time(String path, MemorySegment times) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long)
              TIMES.invokeExact(own.state, HERE, own.path(path), times.address(), AT_NO_FOLLOW, 0L),
          "change the time of",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// Not for symbolic links, whose targets it would change.
  public static void mode(String path, int mode) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) MODE.invokeExact(own.state, own.path(path), (long) mode, 0L, 0L, 0L),
          "change the mode of",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void makeDirectory(String path, int mode) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) MAKE_DIRECTORY.invokeExact(own.state, own.path(path), (long) mode, 0L, 0L, 0L),
          "make",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void removeDirectory(String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) REMOVE_DIRECTORY.invokeExact(own.state, own.path(path), 0L, 0L, 0L, 0L),
          "remove",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void remove(String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) REMOVE.invokeExact(own.state, own.path(path), 0L, 0L, 0L, 0L), "remove", path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void rename(String from, String to) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) RENAME.invokeExact(own.state, own.path(from), own.other(to), 0L, 0L, 0L),
          "rename",
          from);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// @param of what is there
  public static void link(String of, String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) LINK.invokeExact(own.state, HERE, own.path(of), HERE, own.other(path), 0L),
          "link to",
          of);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static void symlink(String target, String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      own.check(
          (long) SYMLINK.invokeExact(own.state, own.path(target), own.other(path), 0L, 0L, 0L),
          "make the symbolic link",
          path);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  public static String readLink(String path) throws IOException {
    PosixCall own = PosixCall.own();
    try {
      long result =
          (long)
              READ_LINK.invokeExact(
                  own.state, own.path(path), own.buffer.address(), (long) PosixCall.BUFFER, 0L, 0L);
      own.check(result, "read the symbolic link", path);
      byte[] target = own.buffer.asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
      return new String(target, StandardCharsets.ISO_8859_1);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }
}
