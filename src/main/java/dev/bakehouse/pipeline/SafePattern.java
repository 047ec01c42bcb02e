package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// A regular expression that somebody else wrote: it may be wrong, and it may never come to an end.
public final class SafePattern {
  private static final int MOST_STEPS = 5_000_000;

  private final Pattern pattern;

  private SafePattern(Pattern pattern) {
    this.pattern = pattern;
  }

  /// @param ignoreCase of ASCII letters
  /// @throws UserError when it is none; the message goes on after the name of what has it
  public static SafePattern of(String text, boolean ignoreCase) {
    try {
      return new SafePattern(Pattern.compile(text, ignoreCase ? Pattern.CASE_INSENSITIVE : 0));
    } catch (PatternSyntaxException e) {
      throw new UserError(
          "has no regular expression in /" + text + "/: " + e.getDescription(), "Correct it.", e);
    }
  }

  /// What many matches may take together.
  public static final class Budget {
    private static final int MOST_STEPS = 50_000_000;
    private int left = MOST_STEPS;
  }

  /// Somewhere in the text.
  ///
  /// @param budget what this takes of it, others do not have
  public boolean in(String text, Budget budget) {
    return run(text, false, budget);
  }

  /// The whole text.
  public boolean fits(String text) {
    return fits(text, new Budget());
  }

  boolean fits(String text, Budget budget) {
    return run(text, true, budget);
  }

  private boolean run(String text, boolean whole, Budget budget) {
    int[] left = {Math.min(MOST_STEPS, budget.left)};
    budget.left -= left[0];
    try {
      var matcher = pattern.matcher(new Counted(text, left));
      return whole ? matcher.matches() : matcher.find();
    } catch (StackOverflowError | TooLong e) {
      throw new UserError(
          "takes too long with /" + pattern + "/", "Simplify it: no repetition of repetitions.", e);
    } finally {
      budget.left += Math.max(0, left[0]);
    }
  }

  private static final class TooLong extends RuntimeException {}

  /// A text that gives up being read.
  private record Counted(CharSequence text, int[] left) implements CharSequence {
    @Override
    public char charAt(int index) {
      if (--left[0] < 0) {
        throw new TooLong();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Counted(text.subSequence(start, end), left);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
