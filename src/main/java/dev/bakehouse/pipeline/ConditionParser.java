package dev.bakehouse.pipeline;

import dev.bakehouse.pipeline.Condition.Shape;
import dev.bakehouse.pipeline.Condition.Term;
import dev.bakehouse.pipeline.ConditionLexer.Kind;
import dev.bakehouse.pipeline.ConditionLexer.Token;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// From words to a tree of [Term]s. What binds tighter: `!`, comparisons, `&&`, `||`, `? :`.
final class ConditionParser {
  private static final int LONGEST = 10_000;
  private static final int DEEPEST = 100;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "=~", "!~", "includes");

  private final List<Token> tokens;
  private int at;
  private int depth;

  ConditionParser(String text) {
    if (text.length() > LONGEST) {
      throw new UserError("is longer than " + LONGEST + " characters", "Shorten it.");
    }
    tokens = ConditionLexer.cut(text);
  }

  Term whole() {
    Term term = choice();
    if (peek().kind() != Kind.END) {
      throw unexpected("the end");
    }
    return term;
  }

  private Term choice() {
    if (++depth > DEEPEST) {
      throw new UserError("is too deep", "Use fewer parentheses.");
    }
    Term condition = or();
    if (taken("?")) {
      need(condition, Shape.FLAG);
      Term yes = choice();
      expect(":");
      Term no = choice();
      sameShapes(yes, no);
      Term asked = condition;
      condition =
          new Term(
              yes.shape() == Shape.NOTHING ? no.shape() : yes.shape(),
              facts -> truth(asked, facts) ? yes.value().apply(facts) : no.value().apply(facts));
    }
    depth--;
    return condition;
  }

  private Term or() {
    Term left = and();
    while (taken("||")) {
      Term one = need(left, Shape.FLAG);
      Term other = need(and(), Shape.FLAG);
      left = new Term(Shape.FLAG, facts -> truth(one, facts) || truth(other, facts));
    }
    return left;
  }

  private Term and() {
    Term left = comparison();
    while (taken("&&")) {
      Term one = need(left, Shape.FLAG);
      Term other = need(comparison(), Shape.FLAG);
      left = new Term(Shape.FLAG, facts -> truth(one, facts) && truth(other, facts));
    }
    return left;
  }

  private Term comparison() {
    Term left = prefix();
    while (COMPARISONS.contains(peek().text())
        && (peek().kind() == Kind.SIGN || peek().kind() == Kind.NAME)) {
      left = compared(left, tokens.get(at++).text(), prefix());
    }
    return left;
  }

  private static Term compared(Term one, String sign, Term other) {
    return switch (sign) {
      case "==", "!=" -> {
        sameShapes(one, other);
        boolean wanted = sign.equals("==");
        yield new Term(
            Shape.FLAG,
            facts ->
                Objects.equals(one.value().apply(facts), other.value().apply(facts)) == wanted);
      }
      case "includes" -> {
        need(one, Shape.LIST);
        if (other.shape() != Shape.PATTERN) {
          need(other, Shape.TEXT);
        }
        yield new Term(
            Shape.FLAG,
            facts ->
                Condition.includes(one.value().apply(facts), other.value().apply(facts), facts));
      }
      default -> {
        need(one, Shape.TEXT);
        if (other.shape() != Shape.PATTERN) {
          throw new UserError(
              "has " + other.shape().words + " behind `" + sign + "`",
              "Write a pattern there: `/…/`.");
        }
        boolean wanted = sign.equals("=~");
        yield new Term(
            Shape.FLAG,
            facts -> {
              Object text = one.value().apply(facts);
              Object pattern = other.value().apply(facts);
              boolean found =
                  text instanceof String s
                      && pattern instanceof SafePattern p
                      && p.in(s, facts.budget());
              return found == wanted;
            });
      }
    };
  }

  private Term prefix() {
    int signs = 0;
    while (taken("!")) {
      signs++;
    }
    Term term = primary();
    if (signs == 0) {
      return term;
    }
    need(term, Shape.FLAG);
    boolean odd = signs % 2 == 1;
    return new Term(Shape.FLAG, facts -> truth(term, facts) != odd);
  }

  private Term primary() {
    Token token = tokens.get(at++);
    return switch (token.kind()) {
      case TEXT -> new Term(Shape.TEXT, facts -> token.text());
      case NUMBER -> {
        if (token.text().length() > 9) {
          throw new UserError("has the number " + token.text(), "Numbers have 9 digits at most.");
        }
        Integer number = Integer.valueOf(token.text());
        yield new Term(Shape.NUMBER, facts -> number);
      }
      case PATTERN -> pattern(token);
      case NAME -> named(token);
      case SIGN, END -> {
        if (token.is("(")) {
          Term inside = choice();
          expect(")");
          yield inside;
        }
        if (token.is("[")) {
          yield list();
        }
        at--;
        throw unexpected("a value");
      }
    };
  }

  private static Term pattern(Token token) {
    if (!token.flags().isEmpty() && !token.flags().equals("i")) {
      throw new UserError(
          "has `" + token.flags() + "` behind a pattern", "Only `i` can stand there.");
    }
    SafePattern pattern = SafePattern.of(token.text(), token.flags().equals("i"));
    return new Term(Shape.PATTERN, facts -> pattern);
  }

  private Term named(Token token) {
    switch (token.text()) {
      case "true":
        return new Term(Shape.FLAG, facts -> true);
      case "false":
        return new Term(Shape.FLAG, facts -> false);
      case "null":
        return new Term(Shape.NOTHING, facts -> null);
      default:
        break;
    }
    if (!taken("(")) {
      return Condition.variable(token.text());
    }
    if (!token.text().equals("build.env") && !token.text().equals("env")) {
      throw new UserError(
          "calls `" + token.text() + "`, which is no function", "There is `build.env(\"NAME\")`.");
    }
    Token name = tokens.get(at++);
    if (name.kind() != Kind.TEXT) {
      at--;
      throw unexpected("a variable's name in quotes");
    }
    expect(")");
    return Condition.env(name.text());
  }

  private Term list() {
    List<Term> items = new ArrayList<>();
    while (!taken("]")) {
      if (!items.isEmpty()) {
        expect(",");
      }
      items.add(need(choice(), Shape.TEXT));
    }
    return new Term(
        Shape.LIST, facts -> items.stream().map(item -> text(item.value().apply(facts))).toList());
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  /// Null is false.
  private static boolean truth(Term term, Condition.Facts facts) {
    return Boolean.TRUE.equals(term.value().apply(facts));
  }

  private static Term need(Term term, Shape shape) {
    if (term.shape() != shape && term.shape() != Shape.NOTHING) {
      throw new UserError(
          "has " + term.shape().words + " where it wants " + shape.words,
          "Compare it, or put parentheses around what belongs together.");
    }
    return term;
  }

  private static void sameShapes(Term one, Term other) {
    boolean any = one.shape() == Shape.NOTHING || other.shape() == Shape.NOTHING;
    if ((!any && one.shape() != other.shape()) || one.shape() == Shape.PATTERN) {
      throw new UserError(
          "compares " + one.shape().words + " with " + other.shape().words,
          "Quote texts, and match patterns by `=~`.");
    }
  }

  private Token peek() {
    return tokens.get(at);
  }

  private boolean taken(String sign) {
    if (peek().is(sign)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String sign) {
    if (!taken(sign)) {
      throw unexpected("`" + sign + "`");
    }
  }

  private UserError unexpected(String wanted) {
    return new UserError(
        "has " + peek().shown() + " at character " + peek().at() + ", where " + wanted + " belongs",
        "Correct it; see https://buildkite.com/docs/pipelines/configure/conditionals.");
  }
}
