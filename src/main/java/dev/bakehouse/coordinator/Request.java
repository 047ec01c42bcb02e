package dev.bakehouse.coordinator;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// One request: the path's variables, the query, the body within limits.
///
/// @param path variables of the route, decoded after the path was split
/// @param stream the body as it comes
record Request(
    HttpExchange exchange,
    Map<String, String> path,
    Map<String, String> query,
    InputStream stream,
    BodyBudget.Lease lease) {
  private static final int JSON_LIMIT = 8 << 20;

  /// What a byte of JSON may come to when it is read.
  private static final int JSON_WEIGHT = 4;

  static Request of(
      HttpExchange exchange, Map<String, String> path, InputStream body, BodyBudget.Lease lease) {
    return new Request(exchange, path, query(exchange.getRequestURI()), body, lease);
  }

  String var(String name) {
    String value = path.get(name);
    if (value == null) {
      throw new IllegalArgumentException("The route has no variable " + name);
    }
    return value;
  }

  Optional<String> asked(String name) {
    return Optional.ofNullable(query.get(name)).filter(v -> !v.isEmpty());
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  /// The token of `Authorization: Token …` or `Bearer …`; empty when there is none.
  String token() {
    String value = header("Authorization").orElse("");
    int space = value.indexOf(' ');
    return space < 0 ? "" : value.substring(space + 1).strip();
  }

  /// Where the caller reached this server: links are built from it.
  String base() {
    return "http://" + header("Host").orElse("127.0.0.1");
  }

  byte[] body(int limit) {
    return body(limit, 1);
  }

  private byte[] body(int limit, int weight) {
    String encoding = header("Content-Encoding").orElse("identity");
    InputStream timely = lease.timely(stream);
    try {
      return switch (encoding) {
        case "identity" -> lease.read(timely, limit, weight);
        case "gzip" -> lease.read(new GZIPInputStream(timely), limit, weight);
        default -> throw new HttpError(415, "A body may be gzip or plain, not " + encoding);
      };
    } catch (IOException e) {
      throw new HttpError(400, "The body could not be read: " + e.getMessage());
    }
  }

  /// The body as a record; an empty body is an empty object.
  <T> T json(Class<T> type) {
    byte[] bytes = body(JSON_LIMIT, JSON_WEIGHT);
    try {
      T value =
          Json.MAPPER.readValue(
              bytes.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : bytes, type);
      if (value == null) {
        throw new HttpError(400, "The body must be a JSON object");
      }
      return value;
    } catch (JacksonException e) {
      throw WrongJson.of(e);
    }
  }

  /// A value the body must have.
  static <T> T need(@Nullable T value, String name) {
    if (value == null) {
      throw new HttpError(400, "`" + name + "` is missing");
    }
    return value;
  }

  /// The query's names and values in order, as often as they stand there.
  List<Map.Entry<String, String>> pairs() {
    return pairs(exchange.getRequestURI());
  }

  /// All values of `name` and, as lists are written, of `name[]`; empty ones left out.
  List<String> all(String name) {
    return pairs().stream()
        .filter(p -> p.getKey().equals(name) || p.getKey().equals(name + "[]"))
        .map(Map.Entry::getValue)
        .filter(v -> !v.isEmpty())
        .toList();
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> all = new HashMap<>();
    pairs(uri).forEach(pair -> all.put(pair.getKey(), pair.getValue()));
    return all;
  }

  private static List<Map.Entry<String, String>> pairs(URI uri) {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    String raw = uri.getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      all.add(Map.entry(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1))));
    }
    return all;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new HttpError(400, "The query is badly escaped");
    }
  }
}
