package dev.bakehouse.platform;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/// Functions of the C library as five machine words in and one out, whatever their parameters are.
///
/// Each shape of a function costs Java ten milliseconds at start, so all have one. The conventions
/// of Linux and macOS on both processors allow it: a function ignores registers it has no parameter
/// for, and the upper half of one that holds an `int`. So of a function that returns an `int` only
/// the lower half of the result counts.
@SuppressWarnings("restricted")
final class NativeCall {
  private static final int WORDS = 5;
  private static final FunctionDescriptor SHAPE = shape();
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  static final boolean LINUX = System.getProperty("os.name").equals("Linux");

  /// The C library and what belongs to it.
  static final SymbolLookup SYSTEM = LINKER.defaultLookup();

  static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final long ERRNO_AT =
      STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private NativeCall() {}

  /// What the last call that was given this state failed with.
  static int errno(MemorySegment state) {
    return state.get(ValueLayout.JAVA_INT, ERRNO_AT);
  }

  /// @return takes a [#STATE] that `errno` is written to, then five `long`s; returns a `long`
  static MethodHandle of(String name) {
    return of(SYSTEM.findOrThrow(name));
  }

  /// The same of a function that not every system has.
  static Optional<MethodHandle> find(String name) {
    return SYSTEM.find(name).map(NativeCall::of);
  }

  static MethodHandle of(MemorySegment function) {
    return LINKER.downcallHandle(function, SHAPE, ERRNO);
  }

  /// A function with `...` after its second parameter: macOS wants the rest elsewhere.
  static MethodHandle variadic(String name) {
    return LINUX
        ? of(name)
        : LINKER.downcallHandle(
            SYSTEM.findOrThrow(name), SHAPE, ERRNO, Linker.Option.firstVariadicArg(2));
  }

  private static FunctionDescriptor shape() {
    ValueLayout[] words = new ValueLayout[WORDS];
    Arrays.fill(words, ValueLayout.JAVA_LONG);
    return FunctionDescriptor.of(ValueLayout.JAVA_LONG, words);
  }
}
