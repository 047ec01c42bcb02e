package dev.bakehouse.tests;

import java.util.List;
import java.util.Locale;

/// [FlakyTest]s as people read them, of bounded size, whatever jobs wrote.
public final class FlakyText {
  private static final int ROWS = 100;
  private static final int CELL = 120;

  private FlakyText() {}

  /// For a build's page.
  public static String markdown(List<FlakyTest> tests) {
    StringBuilder text =
        new StringBuilder("**Flaky tests**: failed, and passed when run again\n\n");
    text.append("| test | step | shard | failed in | since | |\n|---|---|---:|---|---|---|\n");
    for (FlakyTest each : tests.stream().limit(ROWS).toList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %d | %d of %d runs | build %d | %s |%n",
              code(name(each)),
              each.step().isEmpty() ? "" : code(each.step()),
              each.shard(),
              each.failed(),
              each.runs(),
              each.first(),
              each.quarantined() ? "quarantined, still fails" : ""));
    }
    return text.append(more(tests)).toString();
  }

  /// For a terminal.
  public static String plain(List<FlakyTest> tests) {
    StringBuilder text = new StringBuilder();
    for (FlakyTest each : tests.stream().limit(ROWS).toList()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%4d of %4d runs, builds %d to %d, shard %d of %s%s: %s%n",
              each.failed(),
              each.runs(),
              each.first(),
              each.last(),
              each.shard(),
              each.step().isEmpty() ? "a step" : clean(each.step()),
              each.quarantined() ? ", quarantined" : "",
              clean(name(each))));
    }
    return text.append(more(tests)).toString();
  }

  private static String more(List<FlakyTest> tests) {
    return tests.size() > ROWS ? "\n… and " + (tests.size() - ROWS) + " more.\n" : "";
  }

  private static String name(FlakyTest test) {
    return test.name().isBlank() ? test.test() : test.test() + " › " + test.name();
  }

  private static String code(String raw) {
    return "`" + clean(raw).replaceAll("[|`]", " ") + "`";
  }

  private static String clean(String raw) {
    String text = raw.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", " ").strip();
    if (text.isEmpty()) {
      return "?";
    }
    return text.length() > CELL ? text.substring(0, CELL) + "…" : text;
  }
}
