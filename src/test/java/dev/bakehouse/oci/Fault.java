package dev.bakehouse.oci;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/// What a [FaultyRegistry] does to one request.
public sealed interface Fault {
  /// Nothing.
  record Pass() implements Fault {}

  /// Answers itself; the registry behind never hears of the request.
  record Status(int status, Map<String, String> headers, String body) implements Fault {
    byte[] bytes() {
      return body.getBytes(StandardCharsets.UTF_8);
    }
  }

  /// Resets the connection (RST) after so many bytes of the answer's body; -1: before its head,
  /// when the registry has done what was asked.
  record Reset(long after) implements Fault {}

  /// Ends the connection in good order after so many bytes of the body that was announced.
  record Truncate(long after) implements Fault {}

  /// Announces and sends only so many bytes, as if that were the whole body.
  record Shorten(long to) implements Fault {}

  /// Sends nothing more after so many bytes of the body, and keeps the connection.
  record Stall(long after) implements Fault {}

  /// Flips the bits of one byte of the body.
  record Corrupt(long at) implements Fault {}

  /// Takes the `Range` out of the request: the registry answers with the whole blob.
  record Whole() implements Fault {}

  /// Answers after a while only: a link's latency, not a wait for anything.
  record Late(long millis) implements Fault {}

  /// Resets the connection when so many bytes of the request's body have gone to the registry.
  record ResetRequest(long after) implements Fault {}

  public static Fault status(int status) {
    return new Status(status, Map.of(), "");
  }
}
