package dev.bakehouse.coordinator;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds the handler of a method and a raw path. Patterns are segments; `:name` takes one segment,
/// which is decoded after the split, so it may hold an escaped slash.
final class Router {
  private final List<Route> routes = new ArrayList<>();

  interface Handler {
    Reply handle(Request request) throws IOException;
  }

  /// What was found.
  record Match(Handler handler, Map<String, String> variables) {}

  private record Route(String method, List<String> pattern, Handler handler) {}

  void add(String method, String pattern, Handler handler) {
    routes.add(new Route(method, List.of(pattern.substring(1).split("/")), handler));
  }

  Optional<Match> find(String method, String rawPath) {
    List<String> segments = List.of(rawPath.replaceFirst("^/+", "").split("/"));
    for (Route route : routes) {
      if (route.method.equals(method) && route.pattern.size() == segments.size()) {
        Optional<Map<String, String>> variables = match(route.pattern, segments);
        if (variables.isPresent()) {
          return Optional.of(new Match(route.handler, variables.get()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Map<String, String>> match(List<String> pattern, List<String> segments) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < pattern.size(); i++) {
      String wanted = pattern.get(i);
      String segment = segments.get(i);
      if (wanted.startsWith(":")) {
        variables.put(wanted.substring(1), decode(segment));
      } else if (!wanted.equals(segment)) {
        return Optional.empty();
      }
    }
    return Optional.of(variables);
  }

  private static String decode(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new HttpError(400, "The path is badly escaped");
    }
  }
}
