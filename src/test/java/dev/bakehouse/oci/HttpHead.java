package dev.bakehouse.oci;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// First line and headers of an HTTP/1.1 message, as they were sent.
record HttpHead(String first, List<String> lines) {
  /// @return empty when the peer ended the connection instead
  static Optional<HttpHead> read(InputStream in) throws IOException {
    List<String> all = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        if (line.isEmpty()) {
          return Optional.of(new HttpHead(all.getFirst(), List.copyOf(all.subList(1, all.size()))));
        }
        all.add(line.toString());
        line.setLength(0);
      } else if (b != '\r') {
        line.append((char) b);
      }
    }
    if (all.isEmpty() && line.isEmpty()) {
      return Optional.empty();
    }
    throw new EOFException("a message's head broke off");
  }

  Optional<String> header(String name) {
    return lines.stream()
        .filter(line -> is(line, name))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst();
  }

  /// Bytes of the body; -1 when that is not said.
  long length() {
    return header("content-length").map(Long::parseLong).orElse(-1L);
  }

  boolean chunked() {
    return header("transfer-encoding").filter(v -> v.equalsIgnoreCase("chunked")).isPresent();
  }

  HttpHead without(String name) {
    return new HttpHead(first, lines.stream().filter(line -> !is(line, name)).toList());
  }

  HttpHead with(String name, String value) {
    List<String> all = new ArrayList<>(without(name).lines());
    all.add(name + ": " + value);
    return new HttpHead(first, all);
  }

  byte[] bytes() {
    return (first + "\r\n" + String.join("\r\n", lines) + "\r\n\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static boolean is(String line, String name) {
    return line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":");
  }
}
