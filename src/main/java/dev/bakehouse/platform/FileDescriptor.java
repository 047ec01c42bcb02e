package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/// A file opened by the system's own call, for what Java's channels do not offer: where data lies
/// and how to share it with another file. Calls return -1 and an errno, never throw for a refusal.
final class FileDescriptor implements AutoCloseable {
  static final long READ = 0;
  static final long READ_WRITE = 2;

  static final boolean LINUX = NativeCall.LINUX;

  private static final long CLONE_RANGE = 0x4020940DL;
  private static final long CLONE_WHOLE = 0x40049409L;

  private static final MethodHandle OPEN = NativeCall.variadic("open");
  private static final MethodHandle SEEK = NativeCall.of("lseek");
  private static final MethodHandle CLOSE = NativeCall.of("close");
  private static final MethodHandle CONTROL = NativeCall.variadic("ioctl");
  private static final MethodHandle IS_TERMINAL = NativeCall.of("isatty");

  /// macOS only: `clonefile(from, to, flags)`.
  private static final Optional<MethodHandle> CLONE_FILE = NativeCall.find("clonefile");

  private final long number;

  private FileDescriptor(long number) {
    this.number = number;
  }

  static FileDescriptor open(Path file, long flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long path = arena.allocateFrom(file.toString()).address();
      int number = (int) (long) OPEN.invokeExact(state, path, flags, 0L, 0L, 0L);
      if (number < 0) {
        throw PosixCall.failure("open", file.toString(), NativeCall.errno(state));
      }
      return new FileDescriptor(number);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// What a call gave.
  record Answer(long value, int errno) {
    boolean ok() {
      return value >= 0;
    }
  }

  Answer seek(long offset, long whence) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long value = (long) SEEK.invokeExact(state, number, offset, whence, 0L, 0L);
      return new Answer(value, NativeCall.errno(state));
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// FICLONERANGE (`linux/fs.h`): this file's range shows the other's blocks from now on.
  Answer cloneRange(FileDescriptor from, long at, long length, long target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment range = arena.allocate(ValueLayout.JAVA_LONG, 4);
      range.setAtIndex(ValueLayout.JAVA_LONG, 0, from.number);
      range.setAtIndex(ValueLayout.JAVA_LONG, 1, at);
      range.setAtIndex(ValueLayout.JAVA_LONG, 2, length);
      range.setAtIndex(ValueLayout.JAVA_LONG, 3, target);
      return control(CLONE_RANGE, range.address(), arena);
    }
  }

  /// FICLONE: the whole of the other file.
  Answer cloneWhole(FileDescriptor from) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return control(CLONE_WHOLE, from.number, arena);
    }
  }

  private Answer control(long request, long argument, Arena arena) throws IOException {
    try {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long value = (long) CONTROL.invokeExact(state, number, request, argument, 0L, 0L);
      return new Answer((int) value, NativeCall.errno(state));
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// copy_file_range(2) of Linux has more parameters than a [NativeCall] takes.
  @SuppressWarnings("restricted")
  private static final class CopyRange {
    private static final Optional<MethodHandle> CALL =
        NativeCall.SYSTEM
            .find("copy_file_range")
            .map(
                function ->
                    Linker.nativeLinker()
                        .downcallHandle(
                            function,
                            FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT),
                            Linker.Option.captureCallState("errno")));
  }

  /// copy_file_range(2); refused where the system has none.
  Answer copyRange(FileDescriptor from, long at, long length, long target) throws IOException {
    if (CopyRange.CALL.isEmpty()) {
      return new Answer(-1, 0);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_LONG, at);
      MemorySegment place = arena.allocateFrom(ValueLayout.JAVA_LONG, target);
      long value =
          (long)
              CopyRange.CALL
                  .get()
                  .invokeExact(state, (int) from.number, source, (int) number, place, length, 0);
      return new Answer(value, NativeCall.errno(state));
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  /// Makes a new file that shares the blocks of another; false where that can not be.
  static boolean cloneFile(Path from, Path to) throws IOException {
    if (CLONE_FILE.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long source = arena.allocateFrom(from.toString()).address();
      long target = arena.allocateFrom(to.toString()).address();
      return (int) (long) CLONE_FILE.get().invokeExact(state, source, target, 0L, 0L, 0L) == 0;
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }

  static boolean isTerminal(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      return (int) (long) IS_TERMINAL.invokeExact(state, (long) number, 0L, 0L, 0L, 0L) == 1;
    } catch (Throwable e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long _ = (long) CLOSE.invokeExact(state, number, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }
}
