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
import java.nio.file.Files;
import java.nio.file.Path;

/// Tells where a sparse file has data, by `lseek` with SEEK_DATA: reading a hole costs as much as
/// reading data. Safe for several threads.
@SuppressWarnings("restricted")
public final class Holes implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /// open(2) is variadic from its third parameter on.
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  private static final MethodHandle LSEEK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("lseek"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT),
          Linker.Option.captureCallState("errno"));

  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private static final int SEEK_DATA = System.getProperty("os.name").equals("Linux") ? 3 : 4;
  private static final int NO_MORE_DATA = 6;

  private final int descriptor;
  private final long size;

  private Holes(int descriptor, long size) {
    this.descriptor = descriptor;
    this.size = size;
  }

  public static Holes open(Path file) throws IOException {
    long size = Files.size(file);
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), 0, 0);
      if (descriptor < 0) {
        throw new IOException("Could not open " + file);
      }
      return new Holes(descriptor, size);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  /// The first byte at or after an offset that is not in a hole; the size when all the rest is. The
  /// offset itself where the file system does not tell.
  public long nextData(long from) throws IOException {
    if (from >= size) {
      return size;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long at = (long) LSEEK.invokeExact(state, descriptor, from, SEEK_DATA);
      if (at >= 0) {
        return at;
      }
      return (int) ERRNO.get(state, 0L) == NO_MORE_DATA ? size : from;
    } catch (Throwable e) {
      throw io(e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw io(e);
    }
  }

  private static IOException io(Throwable e) {
    return e instanceof IOException io ? io : new IOException(e);
  }
}
