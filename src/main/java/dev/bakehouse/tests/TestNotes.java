package dev.bakehouse.tests;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What [ShardTool] prints after a step's command.
///
/// @param times milliseconds of each file or class with tests
/// @param warnings for the log
public record TestNotes(
    Map<String, Integer> times,
    List<TestRun.Failing> failed,
    List<TestRun.Failing> flaky,
    List<TestRun.Failing> quarantined,
    List<String> warnings) {
  /// The most of its output that is read.
  public static final int LIMIT = 8 << 20;

  private static final int WARNINGS = 20;
  private static final int TEXT = 300;

  /// A line that is not understood is left out: it comes from where the job ran.
  public static TestNotes parse(String text) {
    Map<String, Integer> times = new LinkedHashMap<>();
    List<TestRun.Failing> failed = new ArrayList<>();
    List<TestRun.Failing> flaky = new ArrayList<>();
    List<TestRun.Failing> quarantined = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (String line : (Iterable<String>) text.lines()::iterator) {
      String[] word = line.split("\t", 5);
      switch (word[0] + " " + word.length) {
        case "time 3" -> {
          if (number(word[1]) && times.size() < TestRun.UNITS) {
            times.merge(cut(word[2]), Integer.parseInt(word[1]), Math::max);
          }
        }
        case "failed 4" -> add(failed, word);
        case "flaky 4" -> add(flaky, word);
        case "quarantined 4" -> add(quarantined, word);
        case "warning 2" -> {
          if (warnings.size() < WARNINGS) {
            warnings.add(cut(word[1]));
          }
        }
        default -> {}
      }
    }
    return new TestNotes(times, failed, flaky, quarantined, warnings);
  }

  private static void add(List<TestRun.Failing> to, String[] word) {
    if (number(word[1]) && to.size() < TestRun.CASES) {
      to.add(new TestRun.Failing(cut(word[2]), cut(word[3]), Integer.parseInt(word[1])));
    }
  }

  private static boolean number(String word) {
    return word.matches("[0-9]{1,9}");
  }

  private static String cut(String text) {
    return text.length() > TEXT ? text.substring(0, TEXT) : text;
  }
}
