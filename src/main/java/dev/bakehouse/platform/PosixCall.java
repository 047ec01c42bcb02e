package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;

/// What one thread passes to the calls of [Posix] and [PosixFile], and what their failures mean.
final class PosixCall {
  /// The most bytes one call moves through [#buffer].
  static final int BUFFER = 1 << 18;

  private static final long LEAVE_TIME = NativeCall.LINUX ? (1L << 30) - 2 : -2;
  private static final long TIME_NOW = NativeCall.LINUX ? (1L << 30) - 1 : -1;
  private static final int LONGEST_PATH = 1 << 15;
  private static final int SECOND = 1_000_000_000;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final int NO_ENTRY = 2;
  private static final int NO_DIRECTORY = 20;
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

  private static final ThreadLocal<PosixCall> OWN = ThreadLocal.withInitial(PosixCall::new);

  private final Arena arena = Arena.ofAuto();
  final MemorySegment state = arena.allocate(NativeCall.STATE);
  private final MemorySegment path = arena.allocate(LONGEST_PATH);
  private final MemorySegment other = arena.allocate(LONGEST_PATH);
  private final MemorySegment times = arena.allocate(LONG, 4);
  final MemorySegment buffer = arena.allocate(BUFFER);

  private PosixCall() {}

  static PosixCall own() {
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
      throw new IOException("not a path: " + Posix.shown(raw));
    }
    MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 0, bytes.length);
    to.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
    return to.address();
  }

  MemorySegment mtime(long nanos) {
    return mtime(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND));
  }

  MemorySegment now() {
    return mtime(0, TIME_NOW);
  }

  private MemorySegment mtime(long seconds, long nanos) {
    times.setAtIndex(LONG, 0, 0);
    times.setAtIndex(LONG, 1, LEAVE_TIME);
    times.setAtIndex(LONG, 2, seconds);
    times.setAtIndex(LONG, 3, nanos);
    return times;
  }

  /// @param result an `int`, or bytes of at most [#BUFFER]
  void check(long result, String what, String path) throws IOException {
    if ((int) result < 0) {
      throw failure(what, path, NativeCall.errno(state));
    }
  }

  static IOException failure(String what, String path, int errno) {
    String why = WORDS.getOrDefault(errno, "error " + errno);
    return switch (errno) {
      case NO_ENTRY -> new NoSuchFileException(Posix.shown(path));
      case NO_DIRECTORY -> new NotDirectoryException(Posix.shown(path));
      case EXISTS -> new FileAlreadyExistsException(Posix.shown(path));
      default -> new IOException("could not " + what + " " + Posix.shown(path) + ": " + why);
    };
  }

  static IOException io(Throwable e) {
    return switch (e) {
      case IOException io -> io;
      case Error error -> throw error;
      default -> new IOException(e);
    };
  }
}
