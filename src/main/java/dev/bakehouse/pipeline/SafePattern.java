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

  /// Somewhere in the text.
  public boolean in(String text) {
    return run(text, false);
  }

  /// The whole text.
  public boolean fits(String text) {
    return run(text, true);
  }

  private boolean run(String text, boolean whole) {
    try {
      var matcher = pattern.matcher(new Counted(text, new int[1]));
      return whole ? matcher.matches() : matcher.find();
    } catch (StackOverflowError | TooLong e) {
      throw new UserError(
          "takes too long with /" + pattern + "/", "Simplify it: no repetition of repetitions.", e);
    }
  }

  private static final class TooLong extends RuntimeException {}

  /// A text that gives up being read.
  private record Counted(CharSequence text, int[] read) implements CharSequence {
    @Override
    public char charAt(int index) {
      if (++read[0] > MOST_STEPS) {
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
      return new Counted(text.subSequence(start, end), read);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
