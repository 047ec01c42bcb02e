package dev.bakehouse.platform;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a server says of a request that it refused.
public final class ServerMessage {
  private static final int MOST = 500;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ServerMessage() {}

  /// The answer's `message`, else its beginning.
  public static String of(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    try {
      String message = JSON.readTree(text).path("message").asString("");
      text = message.isEmpty() ? text : message;
    } catch (JacksonException e) {
      // Shown as it is.
    }
    return text.length() > MOST ? text.substring(0, MOST) + "…" : text;
  }
}
