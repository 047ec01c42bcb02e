package dev.bakehouse.platform;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// SHA-256 by the system's library, OpenSSL's on Linux: quick from the first byte on. Java's own is
/// as quick only once its best compiler has seen it, and stands in where there is no library.
@SuppressWarnings("restricted")
public final class Sha256 {
  public static final int BYTES = 32;

  /// Versions before 3 may refuse these calls by ending the process.
  private static final String OPENSSL = "libcrypto.so.3";

  private static final int BUFFER = 1 << 16;
  private static final int CONTEXT = 256;

  private static final @Nullable SymbolLookup LIBRARY = library();
  private static final @Nullable MethodHandle START = function("Init");
  private static final @Nullable MethodHandle ADD = function("Update");
  private static final @Nullable MethodHandle END = function("Final");

  private Sha256() {}

  private static final class Scratch {
    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = arena.allocate(NativeCall.STATE);
    private final MemorySegment context = arena.allocate(CONTEXT, 16);
    private final MemorySegment result = arena.allocate(BYTES);
    private final MemorySegment buffer = arena.allocate(BUFFER);
  }

  /// Of pieces one after the other. Memory outside the heap is not copied.
  public static byte[] of(MemorySegment... pieces) {
    MethodHandle start = START;
    MethodHandle add = ADD;
    MethodHandle end = END;
    if (start == null || add == null || end == null) {
      return java(pieces);
    }
    Scratch own = Scratch.OWN.get();
    long context = own.context.address();
    try {
      long _ = (long) start.invokeExact(own.state, context, 0L, 0L, 0L, 0L);
      for (MemorySegment piece : pieces) {
        long size = piece.byteSize();
        if (piece.isNative()) {
          long _ = (long) add.invokeExact(own.state, context, piece.address(), size, 0L, 0L);
          continue;
        }
        for (long done = 0; done < size; done += BUFFER) {
          long count = Math.min(BUFFER, size - done);
          MemorySegment.copy(piece, done, own.buffer, 0, count);
          long _ = (long) add.invokeExact(own.state, context, own.buffer.address(), count, 0L, 0L);
        }
      }
      long _ = (long) end.invokeExact(own.state, own.result.address(), context, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    } finally {
      Reference.reachabilityFence(pieces);
    }
    return own.result.toArray(ValueLayout.JAVA_BYTE);
  }

  /// For many megabytes that come piece by piece; for little, [Digests] is quicker.
  public static MessageDigest bulk() {
    MethodHandle start = START;
    MethodHandle add = ADD;
    MethodHandle end = END;
    return start == null || add == null || end == null
        ? Digests.sha256()
        : new Bulk(start, add, end);
  }

  private static final class Bulk extends MessageDigest {
    private final MemorySegment context = Arena.ofAuto().allocate(CONTEXT, 16);
    private final MethodHandle start;
    private final MethodHandle add;
    private final MethodHandle end;

    Bulk(MethodHandle start, MethodHandle add, MethodHandle end) {
      super("SHA-256");
      this.start = start;
      this.add = add;
      this.end = end;
      engineReset();
    }

    @Override
    protected void engineUpdate(byte one) {
      engineUpdate(new byte[] {one}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int from, int length) {
      MemorySegment buffer = Scratch.OWN.get().buffer;
      for (int done = 0; done < length; done += BUFFER) {
        int count = Math.min(BUFFER, length - done);
        MemorySegment.copy(bytes, from + done, buffer, ValueLayout.JAVA_BYTE, 0, count);
        call(add, context.address(), buffer.address(), count);
      }
    }

    @Override
    protected byte[] engineDigest() {
      MemorySegment result = Scratch.OWN.get().result;
      call(end, result.address(), context.address(), 0);
      engineReset();
      return result.toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    protected void engineReset() {
      call(start, context.address(), 0, 0);
    }

    private void call(MethodHandle function, long first, long second, long third) {
      try {
        long _ = (long) function.invokeExact(Scratch.OWN.get().state, first, second, third, 0L, 0L);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      } finally {
        Reference.reachabilityFence(this);
      }
    }
  }

  static byte[] java(MemorySegment... pieces) {
    MessageDigest digest = Digests.sha256();
    for (MemorySegment piece : pieces) {
      digest.update(piece.asByteBuffer());
    }
    return digest.digest();
  }

  private static @Nullable MethodHandle function(String name) {
    SymbolLookup library = LIBRARY;
    return library == null
        ? null
        : library
            .find(NativeCall.LINUX ? "SHA256_" + name : "CC_SHA256_" + name)
            .map(NativeCall::of)
            .orElse(null);
  }

  private static @Nullable SymbolLookup library() {
    if (!NativeCall.LINUX) {
      return NativeCall.SYSTEM;
    }
    try {
      return SymbolLookup.libraryLookup(OPENSSL, Arena.global());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
