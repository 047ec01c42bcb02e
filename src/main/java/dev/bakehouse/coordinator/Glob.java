package dev.bakehouse.coordinator;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Artifact queries: `*` and `?` stay within a folder, `**` does not, `**/` may be no folder at
/// all, `{a,b}` and `[a-z]` as in shells, `\` quotes; several patterns are parted by `;`.
final class Glob {
  private final String text;
  private final StringBuilder regex = new StringBuilder();
  private int at;
  private int braces;

  private Glob(String text) {
    this.text = text;
  }

  static List<Pattern> patterns(String query) {
    return Stream.of(query.split(";"))
        .map(String::strip)
        .filter(p -> !p.isEmpty())
        .map(p -> new Glob(p.startsWith("./") ? p.substring(2) : p).pattern())
        .toList();
  }

  static boolean matches(List<Pattern> patterns, String path) {
    return patterns.stream().anyMatch(p -> p.matcher(path).matches());
  }

  private Pattern pattern() {
    while (at < text.length()) {
      one(text.charAt(at++));
    }
    if (braces > 0) {
      return Pattern.compile(Pattern.quote(text));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  private void one(char c) {
    switch (c) {
      case '*' -> star();
      case '?' -> regex.append("[^/]");
      case '[' -> set();
      case '{' -> {
        braces++;
        regex.append("(?:");
      }
      case '}' -> {
        if (braces > 0) {
          braces--;
          regex.append(')');
        } else {
          regex.append("\\}");
        }
      }
      case ',' -> regex.append(braces > 0 ? "|" : ",");
      case '\\' -> {
        boolean last = at >= text.length();
        regex.append(Pattern.quote(last ? "\\" : String.valueOf(text.charAt(at++))));
      }
      default -> regex.append(Pattern.quote(String.valueOf(c)));
    }
  }

  private void star() {
    if (at >= text.length() || text.charAt(at) != '*') {
      regex.append("[^/]*");
      return;
    }
    while (at < text.length() && text.charAt(at) == '*') {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '/') {
      at++;
      regex.append("(?:.*/)?");
    } else {
      regex.append(".*");
    }
  }

  private void set() {
    int end = text.indexOf(']', at + 1);
    if (end < 0) {
      regex.append("\\[");
      return;
    }
    String inside = text.substring(at, end);
    boolean not = inside.startsWith("!") || inside.startsWith("^");
    String members = (not ? inside.substring(1) : inside).replaceAll("([\\[\\\\&^])", "\\\\$1");
    at = end + 1;
    if (members.isEmpty() || reversed(members)) {
      regex.append(Pattern.quote("[" + inside + "]"));
    } else {
      regex.append(not ? "(?!/)[^" : "[").append(members).append(']');
    }
  }

  /// A range like `z-a`, which no character is in.
  private static boolean reversed(String members) {
    for (int i = 1; i + 1 < members.length(); i++) {
      if (members.charAt(i) == '-' && members.charAt(i - 1) > members.charAt(i + 1)) {
        return true;
      }
    }
    return false;
  }
}
