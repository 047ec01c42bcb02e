package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;

/// A file opened by the system's own call, for what Java's channels do not offer: where data lies
/// and how to share it with another file. Calls return -1 and an errno, never throw for a refusal.
@SuppressWarnings("restricted")
final class FileDescriptor implements AutoCloseable {
  static final int READ = 0;
  static final int READ_WRITE = 2;
  static final boolean LINUX = System.getProperty("os.name").equals("Linux");

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final VarHandle VALUE =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final long CLONE_RANGE = 0x4020940DL;
  private static final long CLONE_WHOLE = 0x40049409L;

  /// open(2) is variadic from its third parameter on.
  private static final MethodHandle OPEN =
      handle(
          "open",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  private static final MethodHandle SEEK =
      handle(
          "lseek",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT),
          ERRNO);

  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  /// ioctl(2) is variadic too.
  private static final MethodHandle CONTROL_ADDRESS =
      handle(
          "ioctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2),
          ERRNO);

  private static final MethodHandle CONTROL_NUMBER =
      handle(
          "ioctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          ERRNO);

  /// Linux only.
  private static final Optional<MethodHandle> COPY =
      LINKER
          .defaultLookup()
          .find("copy_file_range")
          .map(
              symbol ->
                  LINKER.downcallHandle(
                      symbol,
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_LONG,
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_LONG,
                          ValueLayout.JAVA_INT),
                      ERRNO));

  /// macOS only: `clonefile(from, to, flags)`.
  private static final Optional<MethodHandle> CLONE_FILE =
      LINKER
          .defaultLookup()
          .find("clonefile")
          .map(
              symbol ->
                  LINKER.downcallHandle(
                      symbol,
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT)));

  private static final MethodHandle IS_TERMINAL =
      handle("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final int number;

  private FileDescriptor(int number) {
    this.number = number;
  }

  static FileDescriptor open(Path file, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int number = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), flags, 0);
      if (number < 0) {
        throw new IOException("Could not open " + file);
      }
      return new FileDescriptor(number);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// What a call gave.
  record Answer(long value, int errno) {
    boolean ok() {
      return value >= 0;
    }
  }

  Answer seek(long offset, int whence) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long value = (long) SEEK.invokeExact(state, number, offset, whence);
      return new Answer(value, (int) VALUE.get(state, 0L));
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// FICLONERANGE (`linux/fs.h`): this file's range shows the other's blocks from now on.
  Answer cloneRange(FileDescriptor from, long at, long length, long target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment range = arena.allocate(ValueLayout.JAVA_LONG, 4);
      range.setAtIndex(ValueLayout.JAVA_LONG, 0, from.number);
      range.setAtIndex(ValueLayout.JAVA_LONG, 1, at);
      range.setAtIndex(ValueLayout.JAVA_LONG, 2, length);
      range.setAtIndex(ValueLayout.JAVA_LONG, 3, target);
      int value = (int) CONTROL_ADDRESS.invokeExact(state, number, CLONE_RANGE, range);
      return new Answer(value, (int) VALUE.get(state, 0L));
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// FICLONE: the whole of the other file.
  Answer cloneWhole(FileDescriptor from) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int value = (int) CONTROL_NUMBER.invokeExact(state, number, CLONE_WHOLE, from.number);
      return new Answer(value, (int) VALUE.get(state, 0L));
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// copy_file_range(2); refused where the system has none.
  Answer copyRange(FileDescriptor from, long at, long length, long target) throws IOException {
    if (COPY.isEmpty()) {
      return new Answer(-1, 0);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_LONG, at);
      MemorySegment place = arena.allocateFrom(ValueLayout.JAVA_LONG, target);
      long value =
          (long) COPY.get().invokeExact(state, from.number, source, number, place, length, 0);
      return new Answer(value, (int) VALUE.get(state, 0L));
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// Makes a new file that shares the blocks of another; false where that can not be.
  static boolean cloneFile(Path from, Path to) throws IOException {
    if (CLONE_FILE.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(from.toString());
      return (int) CLONE_FILE.get().invokeExact(source, arena.allocateFrom(to.toString()), 0) == 0;
    } catch (Throwable e) {
      throw io(e);
    }
  }

  static boolean isTerminal(int number) {
    try {
      return (int) IS_TERMINAL.invokeExact(number) == 1;
    } catch (Throwable e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      int _ = (int) CLOSE.invokeExact(number);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  private static MethodHandle handle(
      String name, FunctionDescriptor function, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), function, options);
  }

  private static IOException io(Throwable e) {
    return e instanceof IOException io ? io : new IOException(e);
  }
}
