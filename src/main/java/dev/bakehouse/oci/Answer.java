package dev.bakehouse.oci;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A registry's answer with its body still to be read.
record Answer(int status, HttpHeaders headers, InputStream body, URI uri) {
  private static final int LARGEST_DOCUMENT = 8 << 20;

  /// The body of a manifest, list or error.
  byte[] document() throws IOException {
    try (body) {
      return body.readNBytes(LARGEST_DOCUMENT);
    }
  }

  Answer with(byte[] read) {
    return new Answer(status, headers, new ByteArrayInputStream(read), uri);
  }

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /// The error an answer stands for that its endpoint did not expect.
  RegistryError unexpected(String action) throws IOException {
    String detail = detail(document());
    return switch (status) {
      case 404 -> new RegistryError.Absent(action);
      case 401, 403 -> new RegistryError.Denied(action, status, detail);
      default ->
          new RegistryError(
              "Could not "
                  + action
                  + ": "
                  + uri.getHost()
                  + " answered with status "
                  + status
                  + detail,
              "Try again later, or look at the registry's log.");
    };
  }

  private static String detail(byte[] body) {
    try {
      JsonNode error = new JsonMapper().readTree(body).path("errors").path(0);
      String text = error.path("message").asString(error.path("code").asString(""));
      return text.isEmpty() ? "" : ": " + text;
    } catch (JacksonException e) {
      String text = new String(body, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "" : ": " + text.substring(0, Math.min(200, text.length()));
    }
  }
}
