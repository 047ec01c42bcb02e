package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// Swaps two names of one file system in one step, so that nobody sees either missing: renameat2(2)
/// with RENAME_EXCHANGE, on macOS renamex_np(2) with RENAME_SWAP.
@SuppressWarnings("restricted")
public final class Exchange {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /// AT_FDCWD of Linux.
  private static final int HERE = -100;

  /// RENAME_EXCHANGE and RENAME_SWAP are the same number.
  private static final int SWAP = 2;

  /// EINVAL, ENOSYS, EOPNOTSUPP of Linux; EINVAL, ENOSYS, ENOTSUP of macOS.
  private static final Set<Integer> UNABLE = LINUX ? Set.of(22, 38, 95) : Set.of(22, 78, 45);

  private static final Optional<MethodHandle> CALL =
      LINKER
          .defaultLookup()
          .find(LINUX ? "renameat2" : "renamex_np")
          .map(
              function ->
                  LINKER.downcallHandle(
                      function,
                      LINUX
                          ? FunctionDescriptor.of(
                              ValueLayout.JAVA_INT,
                              ValueLayout.JAVA_INT,
                              ValueLayout.ADDRESS,
                              ValueLayout.JAVA_INT,
                              ValueLayout.ADDRESS,
                              ValueLayout.JAVA_INT)
                          : FunctionDescriptor.of(
                              ValueLayout.JAVA_INT,
                              ValueLayout.ADDRESS,
                              ValueLayout.ADDRESS,
                              ValueLayout.JAVA_INT),
                      Linker.Option.captureCallState("errno")));

  private Exchange() {}

  /// Both must be there.
  ///
  /// @return false when this system or file system can not; nothing has changed then
  public static boolean swap(Path a, Path b) throws IOException {
    if (CALL.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment from = arena.allocateFrom(a.toAbsolutePath().toString());
      MemorySegment to = arena.allocateFrom(b.toAbsolutePath().toString());
      int result =
          LINUX
              ? (int) CALL.get().invokeExact(state, HERE, from, HERE, to, SWAP)
              : (int) CALL.get().invokeExact(state, from, to, SWAP);
      if (result == 0) {
        return true;
      }
      int error = (int) ERRNO.get(state, 0L);
      if (UNABLE.contains(error)) {
        return false;
      }
      throw new IOException("Could not swap " + a + " and " + b + ": error " + error);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(e);
    }
  }
}
