package dev.bakehouse.job;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.Reason;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;

/// The caches of a build on its page: one annotation with a line for each step's cache.
final class CacheAnnotation {
  private static final SharedAnnotation SHARED =
      new SharedAnnotation("bakehouse-caches", "bakehouse:cache:", CacheAnnotation::text);
  private static final int CELL = 80;
  private static final int NOTE = 400;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private CacheAnnotation() {}

  /// A line of the table, as it goes from job to job.
  ///
  /// @param note a cause or a remedy, or empty
  record Line(
      String step,
      String kind,
      long hits,
      long misses,
      String from,
      long files,
      long bytes,
      double restored,
      double saved,
      String note) {
    /// Any job of the build can write such lines, with anything left out.
    Line {
      step = Objects.requireNonNullElse(step, "");
      kind = Objects.requireNonNullElse(kind, "");
      from = Objects.requireNonNullElse(from, "");
      note = Objects.requireNonNullElse(note, "");
    }

    static Line of(CacheRun run) {
      boolean came = !run.source().isEmpty();
      String note = run.cause();
      if (note.isEmpty() && !came && !run.reason().isEmpty()) {
        note = run.from() + ". " + Reason.valueOf(run.reason()).remedy();
      }
      return new Line(
          run.step(),
          run.kind(),
          run.hits(),
          run.misses(),
          came ? run.from().replaceAll(" \\([0-9a-f-]{36}\\)$", "") : "nothing",
          run.restored().files(),
          run.restored().bytes(),
          run.restored().seconds(),
          run.saved().seconds(),
          note);
    }

    private String row() {
      long asked = hits + misses;
      String rate =
          asked == 0
              ? "-"
              : String.format(Locale.ROOT, "%.0f %% (%d/%d)", 100.0 * hits / asked, hits, asked);
      return String.format(
          Locale.ROOT,
          "| %s | %s | %s | %s | %,d | %.1f | %.1f | %.1f |%n",
          text(step, CELL),
          text(kind, CELL),
          rate,
          text(from, CELL),
          files,
          bytes / 1e6,
          restored,
          saved);
    }
  }

  static void publish(Job job, List<CacheRun> runs, Phases phases) {
    try {
      SHARED.publish(job, JSON.writeValueAsString(runs.stream().map(Line::of).toList()));
    } catch (UserError e) {
      phases.say("Caches: the build's annotation could not be written: " + e.getMessage());
    }
  }

  private static SharedAnnotation.Text text(List<String> parts) {
    String body =
        render(parts.stream().flatMap(p -> SharedAnnotation.read(p, Line[].class)).toList());
    return new SharedAnnotation.Text(body.contains("\n- ") ? "warning" : "info", body);
  }

  /// Markdown of bounded size.
  static String render(List<Line> lines) {
    List<Line> sorted = new ArrayList<>(lines);
    sorted.sort(Comparator.comparing(Line::step).thenComparing(Line::kind));
    StringBuilder text = new StringBuilder("**Build caches**\n\n");
    text.append("| step | cache | hits | restored from | files | MB | restore s | save s |\n");
    text.append("|---|---|---:|---|---:|---:|---:|---:|\n");
    sorted.stream().limit(SharedAnnotation.JOBS).forEach(line -> text.append(line.row()));
    text.append('\n');
    sorted.stream()
        .limit(SharedAnnotation.JOBS)
        .filter(line -> !line.note().isEmpty())
        .forEach(
            line ->
                text.append("- ")
                    .append(text(line.step(), CELL))
                    .append(", ")
                    .append(text(line.kind(), CELL))
                    .append(": ")
                    .append(text(line.note(), NOTE))
                    .append('\n'));
    return text.toString();
  }

  /// Without what Markdown or HTML would take for more than text.
  private static String text(String raw, int most) {
    String plain = raw.replaceAll("[\\p{Cntrl}|<>\\[\\]`*_\\\\]", " ").strip();
    return plain.length() > most ? plain.substring(0, most) + "…" : plain;
  }
}
