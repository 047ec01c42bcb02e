package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;

/// Cuts a condition into its words.
final class ConditionLexer {
  private static final List<String> SIGNS =
      List.of("==", "!=", "=~", "!~", "&&", "||", "!", "(", ")", "[", "]", ",", "?", ":");

  enum Kind {
    SIGN,
    NAME,
    NUMBER,
    TEXT,
    PATTERN,
    END
  }

  /// @param text without quotes or slashes
  /// @param flags behind a pattern
  /// @param at its first character's number, from 1
  record Token(Kind kind, String text, String flags, int at) {
    boolean is(String sign) {
      return kind == Kind.SIGN && text.equals(sign);
    }

    /// As errors show it.
    String shown() {
      return kind == Kind.END ? "its end" : "`" + text + "`";
    }
  }

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private ConditionLexer(String text) {
    this.text = text;
  }

  /// The words, and an END.
  static List<Token> cut(String text) {
    ConditionLexer lexer = new ConditionLexer(text);
    while (lexer.skipped()) {
      lexer.next();
    }
    lexer.add(Kind.END, "", "", text.length());
    return lexer.tokens;
  }

  /// Passes blanks and comments.
  ///
  /// @return whether anything follows
  private boolean skipped() {
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else {
        return true;
      }
    }
    return false;
  }

  private void next() {
    int begin = at;
    char first = text.charAt(at);
    if (first == '"' || first == '\'') {
      String inside = until(first);
      add(Kind.TEXT, unescaped(inside, first), "", begin);
    } else if (first == '/') {
      String inside = until('/');
      int flags = at;
      while (at < text.length() && Character.isLetter(text.charAt(at))) {
        at++;
      }
      add(Kind.PATTERN, inside, text.substring(flags, at), begin);
    } else if (first >= '0' && first <= '9') {
      while (at < text.length() && Character.isDigit(text.charAt(at))) {
        at++;
      }
      add(Kind.NUMBER, text.substring(begin, at), "", begin);
    } else if (named(first) && first != '.') {
      while (at < text.length() && named(text.charAt(at))) {
        at++;
      }
      add(Kind.NAME, text.substring(begin, at), "", begin);
    } else {
      String sign =
          SIGNS.stream()
              .filter(s -> text.startsWith(s, at))
              .findFirst()
              .orElseThrow(() -> unreadable(first));
      at += sign.length();
      add(Kind.SIGN, sign, "", begin);
    }
  }

  private UserError unreadable(char first) {
    return new UserError(
        "has `" + first + "` at character " + (at + 1) + ", which is no part of a condition",
        first == '$'
            ? "Write `build.env(\"NAME\")` for a variable, and `$$` for a dollar in a pattern."
            : "Quote texts, and write patterns between slashes.");
  }

  /// Behind the closing sign; what stands before it, escapes kept.
  private String until(char close) {
    int begin = ++at;
    while (at < text.length() && text.charAt(at) != close) {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    if (at >= text.length()) {
      throw new UserError(
          "has a `" + close + "` at character " + begin + " that nothing closes", "Close it.");
    }
    return text.substring(begin, at++);
  }

  private static String unescaped(String inside, char quote) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < inside.length(); i++) {
      char c = inside.charAt(i);
      char following = c == '\\' ? inside.charAt(++i) : c;
      if (c != '\\' || following == '\\' || following == quote) {
        out.append(following);
      } else if (quote == '"' && "ntr".indexOf(following) >= 0) {
        out.append("\n\t\r".charAt("ntr".indexOf(following)));
      } else {
        out.append(c).append(following);
      }
    }
    return out.toString();
  }

  private static boolean named(char c) {
    return c == '_'
        || c == '.'
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9');
  }

  private void add(Kind kind, String word, String flags, int begin) {
    tokens.add(new Token(kind, word, flags, begin + 1));
  }
}
