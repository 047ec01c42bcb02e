package dev.bakehouse.platform;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// The environment of this process as bytes. `System.getenv` decodes them and loses what is not
/// valid text.
///
/// Names and values are strings with one character for each byte (ISO 8859-1): [#bytes] gives the
/// bytes back.
@SuppressWarnings("restricted")
public final class RawEnvironment {
  private RawEnvironment() {}

  /// That of the job this process was started for: the process's own, or what `bootstrap.pl` of the
  /// host room hands on apart from it.
  ///
  /// @throws IOException when it was handed on and can not be read
  public static SequencedMap<String, String> ofJob() throws IOException {
    String descriptor = System.getenv("BAKEHOUSE_JOB_ENVIRONMENT");
    if (descriptor == null) {
      return read();
    }
    SequencedMap<String, String> entries = new LinkedHashMap<>();
    String all = Files.readString(Path.of("/dev/fd", descriptor), StandardCharsets.ISO_8859_1);
    for (String entry : all.split("\0", -1)) {
      add(entry, entries);
    }
    return entries;
  }

  /// Reads the process's own `environ`; an entry without `=` is left out.
  public static SequencedMap<String, String> read() {
    SequencedMap<String, String> entries = new LinkedHashMap<>();
    MemorySegment array = environ().reinterpret(Long.MAX_VALUE);
    for (long i = 0; ; i++) {
      MemorySegment entry = array.getAtIndex(ValueLayout.ADDRESS, i);
      if (entry.address() == 0) {
        return entries;
      }
      add(entry.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.ISO_8859_1), entries);
    }
  }

  private static void add(String entry, SequencedMap<String, String> entries) {
    int equals = entry.indexOf('=', 1);
    if (equals > 0) {
      entries.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
    }
  }

  public static byte[] bytes(String raw) {
    return raw.getBytes(StandardCharsets.ISO_8859_1);
  }

  public static String raw(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  public static String text(String raw) {
    return new String(bytes(raw), StandardCharsets.UTF_8);
  }

  /// `environ` on Linux; macOS gives it to libraries only through `_NSGetEnviron` (its environ(7)).
  private static MemorySegment environ() {
    Linker linker = Linker.nativeLinker();
    var getter = linker.defaultLookup().find("_NSGetEnviron");
    MemorySegment pointer;
    if (getter.isPresent()) {
      try {
        pointer =
            (MemorySegment)
                linker
                    .downcallHandle(getter.get(), FunctionDescriptor.of(ValueLayout.ADDRESS))
                    .invokeExact();
      } catch (Throwable e) {
        throw new IllegalStateException("_NSGetEnviron could not be called", e);
      }
    } else {
      pointer = linker.defaultLookup().find("environ").orElseThrow();
    }
    return pointer.reinterpret(ValueLayout.ADDRESS.byteSize()).get(ValueLayout.ADDRESS, 0);
  }
}
