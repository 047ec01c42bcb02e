package dev.bakehouse.performance;

import dev.bakehouse.performance.Comparison.Row;
import dev.bakehouse.performance.Comparison.Verdict;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A [Comparison] as Markdown: a table, and a chart of characters, which Buildkite's annotations
/// show as they are. Of bounded size, whatever jobs wrote.
public final class ComparisonText {
  private static final int ROWS = 100;
  private static final int BARS = 30;
  private static final int NAME = 60;
  private static final int HALF = 20;
  private static final double SMALL = 1e-6;
  private static final double LARGE = 1e15;

  private ComparisonText() {}

  /// @param title Markdown
  public static String markdown(String title, Comparison comparison) {
    StringBuilder text = new StringBuilder("**Performance**: ").append(title).append("\n\n");
    List<Row> rows = comparison.rows();
    if (!rows.isEmpty()) {
      text.append("| | benchmark | before | now | change | allowed |\n");
      text.append("|---|---|---:|---:|---:|---:|\n");
      rows.stream().limit(ROWS).forEach(row -> text.append(line(row)));
      text.append('\n');
    }
    if (rows.size() > ROWS) {
      text.append("… and ").append(rows.size() - ROWS).append(" more.\n\n");
    }
    return text.append(chart(rows)).toString();
  }

  private static String line(Row row) {
    String change =
        row.base().isEmpty() || row.now().isEmpty() ? "" : percent(grown(row, row.now().get()));
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %d %% |%n",
        row.verdict() == Verdict.REGRESSED ? "**worse**" : row.verdict().words(),
        code(row.name()),
        values(row.base()),
        values(row.now()),
        change,
        row.threshold());
  }

  /// The median; with several samples, from where to where they go, and how many there are.
  private static String values(Optional<Benchmark> benchmark) {
    if (benchmark.isEmpty()) {
      return "";
    }
    Benchmark b = benchmark.get();
    String median = number(b.median()) + (b.unit().isEmpty() ? "" : " " + code(b.unit()));
    return b.samples().size() == 1
        ? median
        : "%s (%s – %s, %d)"
            .formatted(median, number(b.least()), number(b.most()), b.samples().size());
  }

  /// A bar for each of those that changed most, to the right for what got worse.
  private static String chart(List<Row> all) {
    List<Row> rows = all.stream().filter(row -> row.worse() != 0).limit(BARS).toList();
    if (rows.isEmpty()) {
      return "";
    }
    double scale = rows.stream().mapToDouble(ComparisonText::length).max().orElse(1);
    int wide = rows.stream().mapToInt(row -> plain(row.name()).length()).max().orElse(0);
    StringBuilder text = new StringBuilder("```\n");
    text.append(" ".repeat(wide + 1 + HALF - 7)).append("better │ worse\n");
    for (Row row : rows) {
      int cells = Math.max(1, (int) Math.round(length(row) / scale * HALF));
      boolean worse = row.worse() > 0;
      String left = worse ? "" : "█".repeat(cells);
      String name = plain(row.name());
      text.append(name).append(" ".repeat(wide - name.length() + 1));
      text.append(" ".repeat(HALF - left.length())).append(left).append('│');
      text.append(worse ? "█".repeat(cells) : "").append(' ');
      text.append(percent(grown(row, row.now().orElseThrow())));
      text.append(row.verdict() == Verdict.NOISE ? " (noise)" : "").append('\n');
    }
    return text.append("```\n").toString();
  }

  /// Of a bar: what doubles is as long as what grows a thousandfold, or nobody saw the others.
  private static double length(Row row) {
    return Math.min(100, Math.abs(row.worse()));
  }

  private static double grown(Row row, Benchmark now) {
    return now.higherIsBetter() ? -row.worse() : row.worse();
  }

  private static String percent(double value) {
    return Double.isInfinite(value)
        ? "from nothing"
        : String.format(Locale.ROOT, "%+.1f %%", value + 0.0);
  }

  private static String number(double value) {
    if (value != 0 && (value < SMALL || value >= LARGE)) {
      return String.valueOf(value);
    }
    BigDecimal exact = new BigDecimal(value);
    return value >= 1000
        ? exact.setScale(0, RoundingMode.HALF_UP).toPlainString()
        : exact.round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  private static String code(String text) {
    return "`" + plain(text) + "`";
  }

  /// What can stand between backquotes and in a table without being more than text.
  private static String plain(String raw) {
    String text = raw.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}|`]", " ").strip();
    if (text.isEmpty()) {
      return "?";
    }
    return text.length() > NAME ? text.substring(0, NAME) + "…" : text;
  }
}
