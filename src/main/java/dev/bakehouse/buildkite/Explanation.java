package dev.bakehouse.buildkite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Why a job waits, or where it ran.
///
/// @param verdict `no-agent`, `not-ready`, `paused`, `busy`, `next`, `dependencies`, `blocked`,
///   `limited`, `assigned`, `running`, `ran`, `never-ran`
/// @param summary one sentence
/// @param rules what an agent must have
/// @param agents those that matter, the nearest first
/// @param ahead jobs that come before it on these agents, in their order
/// @param expectedWaitSeconds by the times of earlier builds; null when they do not tell
/// @param waitsFor what must end before it
public record Explanation(
    String job,
    String step,
    @Nullable String pipeline,
    @Nullable Integer build,
    String state,
    String verdict,
    String summary,
    List<String> rules,
    List<Candidate> agents,
    List<Ahead> ahead,
    @Nullable Long expectedWaitSeconds,
    List<Awaited> waitsFor) {
  public Explanation {
    rules = List.copyOf(rules);
    agents = List.copyOf(agents);
    ahead = List.copyOf(ahead);
    waitsFor = List.copyOf(waitsFor);
  }

  /// An agent and what keeps it from the job.
  ///
  /// @param missing rules it does not meet
  /// @param reason why its host is not ready, as its tag `vm-status-reason` says
  /// @param held that it is paused, until when and why, or stopping
  /// @param runs the step it works on
  public record Candidate(
      String name,
      String host,
      List<String> missing,
      @Nullable String reason,
      @Nullable String held,
      @Nullable String runs) {
    public Candidate {
      missing = List.copyOf(missing);
    }

    String line() {
      List<String> why = new ArrayList<>();
      if (!missing.isEmpty()) {
        why.add("lacks " + String.join(", ", missing));
      }
      if (reason != null) {
        why.add("not ready: " + reason);
      }
      if (held != null) {
        why.add(held);
      }
      if (runs != null) {
        why.add("runs " + runs);
      }
      return "  agent "
          + name
          + " on "
          + host
          + ": "
          + (why.isEmpty() ? "free" : String.join("; ", why));
    }
  }

  /// A job that comes first.
  public record Ahead(String job, String step, @Nullable String pipeline, int priority) {
    String line() {
      return "  before it: "
          + step
          + (pipeline == null ? "" : " of " + pipeline)
          + (priority == 0 ? "" : ", priority " + priority);
    }
  }

  /// A job, or a step that waits for people, that must end first.
  public record Awaited(String job, String step, String state) {
    String line() {
      return "  waits for: " + step + ", which is " + state;
    }
  }

  /// For a terminal.
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        step + (build == null ? "" : " of " + pipeline + " #" + build) + " is " + state + ".");
    lines.add(summary);
    waitsFor.forEach(w -> lines.add(w.line()));
    if (!agents.isEmpty() && !rules.isEmpty()) {
      lines.add("It asks for " + String.join(", ", rules) + ".");
    }
    agents.forEach(a -> lines.add(a.line()));
    ahead.forEach(a -> lines.add(a.line()));
    if (expectedWaitSeconds != null) {
      lines.add("Expected wait, by earlier builds: " + seconds(expectedWaitSeconds) + ".");
    }
    return String.join("\n", lines) + "\n";
  }

  static String seconds(long seconds) {
    return seconds < 90
        ? seconds + " s"
        : String.format(Locale.ROOT, "%d min %d s", seconds / 60, seconds % 60);
  }
}
