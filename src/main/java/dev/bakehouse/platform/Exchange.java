package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// Swaps two names of one file system in one step, so that nobody sees either missing: renameat2(2)
/// with RENAME_EXCHANGE, on macOS renamex_np(2) with RENAME_SWAP.
public final class Exchange {
  /// AT_FDCWD of Linux.
  private static final long HERE = -100;

  /// RENAME_EXCHANGE and RENAME_SWAP are the same number.
  private static final long SWAP = 2;

  /// EINVAL, ENOSYS, EOPNOTSUPP of Linux; EINVAL, ENOSYS, ENOTSUP of macOS.
  private static final Set<Integer> UNABLE =
      NativeCall.LINUX ? Set.of(22, 38, 95) : Set.of(22, 78, 45);

  private static final Optional<MethodHandle> CALL =
      NativeCall.find(NativeCall.LINUX ? "renameat2" : "renamex_np");

  private Exchange() {}

  /// Both must be there.
  ///
  /// @return false when this system or file system can not; nothing has changed then
  public static boolean swap(Path a, Path b) throws IOException {
    if (CALL.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(NativeCall.STATE);
      long from = arena.allocateFrom(a.toAbsolutePath().toString()).address();
      long to = arena.allocateFrom(b.toAbsolutePath().toString()).address();
      long result =
          NativeCall.LINUX
              ? (long) CALL.get().invokeExact(state, HERE, from, HERE, to, SWAP)
              : (long) CALL.get().invokeExact(state, from, to, SWAP, 0L, 0L);
      if ((int) result == 0) {
        return true;
      }
      int error = NativeCall.errno(state);
      if (UNABLE.contains(error)) {
        return false;
      }
      throw new IOException("Could not swap " + a + " and " + b + ": error " + error);
    } catch (Throwable e) {
      throw PosixCall.io(e);
    }
  }
}
