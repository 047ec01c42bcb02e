package dev.bakehouse.oci;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1).
///
/// @param scheme in lower case
/// @param parameters names in lower case; of a name that stands twice the first
record Challenge(String scheme, Map<String, String> parameters) {
  private static final int MOST = 32;

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /// Reads all challenges of all headers. What is not well formed ends its header; what stood
  /// before it counts.
  static List<Challenge> parse(List<String> headers) {
    List<Challenge> all = new ArrayList<>();
    headers.forEach(header -> new Parser(header, all).run());
    return List.copyOf(all);
  }

  private static final class Parser {
    private final String text;
    private final List<Challenge> found;
    private int at;

    Parser(String text, List<Challenge> found) {
      this.text = text;
      this.found = found;
    }

    void run() {
      while (found.size() < MOST) {
        skip(" \t,");
        String scheme = token();
        if (scheme.isEmpty()) {
          return;
        }
        Map<String, String> parameters = new HashMap<>();
        boolean sound = parameters(parameters);
        found.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters));
        if (!sound) {
          return;
        }
      }
    }

    /// Reads `name=value` up to the next scheme.
    ///
    /// @return false when the rest of the header makes no sense
    private boolean parameters(Map<String, String> into) {
      while (true) {
        skip(" \t,");
        int start = at;
        String name = token();
        if (name.isEmpty()) {
          return false;
        }
        skip(" \t");
        if (!next('=')) {
          at = start;
          return true;
        }
        skip(" \t");
        if (at < text.length() && text.charAt(at) == '"') {
          StringBuilder value = new StringBuilder();
          if (!quoted(value)) {
            return false;
          }
          into.putIfAbsent(name.toLowerCase(Locale.ROOT), value.toString());
        } else {
          into.putIfAbsent(name.toLowerCase(Locale.ROOT), unquoted());
        }
      }
    }

    private boolean quoted(StringBuilder value) {
      for (at++; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c == '"') {
          at++;
          return true;
        }
        if (c == '\\' && ++at < text.length()) {
          c = text.charAt(at);
        }
        value.append(c);
      }
      return false;
    }

    private String unquoted() {
      int start = at;
      while (at < text.length() && ", \t".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    /// A word of RFC 9110's token characters, or of a `token68`, whose padding is left.
    private String token() {
      int start = at;
      while (at < text.length() && isToken(text.charAt(at))) {
        at++;
      }
      return text.substring(start, at);
    }

    private static boolean isToken(char c) {
      return (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "!#$%&'*+-.^_`|~/".indexOf(c) >= 0;
    }

    private boolean next(char wanted) {
      boolean is = at < text.length() && text.charAt(at) == wanted;
      at += is ? 1 : 0;
      return is;
    }

    private void skip(String characters) {
      while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }
  }
}
