package dev.bakehouse.coordinator;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;

/// What a request is answered with.
sealed interface Reply {
  Map<String, String> headers();

  /// A whole body at once.
  record Body(int status, String type, byte[] bytes, Map<String, String> headers)
      implements Reply {}

  /// A file, streamed.
  record Download(Path file, String type, Map<String, String> headers) implements Reply {}

  /// What is written bit by bit.
  ///
  /// @param size of all of it; 0 when that is not known
  record Stream(long size, String type, Source source, Map<String, String> headers)
      implements Reply {}

  /// Writes a body; what it flushes is sent at once.
  interface Source {
    void to(OutputStream out) throws IOException;
  }

  static Reply json(Object value) {
    return json(200, value);
  }

  static Reply json(int status, Object value) {
    return new Body(status, "application/json", Json.bytes(value), Map.of());
  }

  static Reply text(byte[] bytes) {
    return new Body(200, "text/plain; charset=utf-8", bytes, Map.of());
  }

  static Reply error(int status, String message) {
    return json(status, Map.of("message", message));
  }

  /// Done, and nothing to tell.
  static Reply none() {
    return new Body(204, "application/json", new byte[0], Map.of());
  }

  /// An empty object: agents that ask for JSON are content with it, the others ignore it.
  static Reply done() {
    return json(Map.of());
  }
}
