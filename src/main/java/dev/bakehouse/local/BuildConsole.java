package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildEvent;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.coordinator.LogText;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Writes a build to a terminal as it goes: state changes, and each line of each log with its job's
/// name before it.
final class BuildConsole implements Consumer<BuildEvent> {
  private final PrintStream out;
  private final boolean logs;
  private final long begin = System.nanoTime();
  private final Map<String, JobState> states = new HashMap<>();
  private final Set<String> started = new HashSet<>();
  private final Map<String, Lines> lines = new HashMap<>();

  /// @param logs whether the jobs' logs are shown, or only what starts and ends
  BuildConsole(PrintStream out, boolean logs) {
    this.out = out;
    this.logs = logs;
  }

  @Override
  public void accept(BuildEvent event) {
    switch (event) {
      case BuildEvent.JobChanged(JobView job) -> changed(job);
      case BuildEvent.Log(JobView job, byte[] bytes) -> {
        if (logs) {
          lines.computeIfAbsent(job.id(), id -> new Lines(job.title())).write(bytes);
        }
      }
      case BuildEvent.BuildChanged(var build) -> {
        if (build.ended()) {
          lines.values().forEach(Lines::settle);
          say("build " + build.number() + " " + build.state());
        }
      }
    }
  }

  private void changed(JobView job) {
    JobState before = states.put(job.id(), job.state());
    if (job.state() == before) {
      return;
    }
    if (job.finished() != null) {
      Lines rest = lines.remove(job.id());
      if (rest != null) {
        rest.settle();
      }
      say(
          "■ "
              + job.title()
              + " "
              + job.state().name().toLowerCase(Locale.ROOT)
              + (job.reason() == null ? "" : " (" + job.reason() + ")")
              + (job.started() == null
                  ? ""
                  : " · exit " + job.exitStatus() + " · " + Math.round(job.seconds()) + " s")
              + " · "
              + states.values().stream().filter(JobState::ended).count()
              + " of "
              + states.size()
              + " jobs done");
    } else if (job.type().equals("script") && job.started() != null && started.add(job.id())) {
      say("▶ " + job.title() + " on " + job.agent());
    }
  }

  private void say(String text) {
    long seconds = (System.nanoTime() - begin) / 1_000_000_000L;
    out.printf("[%3d s] %s%n", seconds, text);
  }

  /// Cuts a stream of bytes into lines, each as a terminal would show it in the end: what a
  /// carriage return went back over is gone.
  private final class Lines {
    private static final int LONGEST = 1 << 16;

    private final String title;
    private final LogText marks = new LogText();
    private final ByteArrayOutputStream open = new ByteArrayOutputStream();
    private boolean returned;

    Lines(String title) {
      this.title = title;
    }

    void write(byte[] bytes) {
      for (byte b : marks.filter(bytes)) {
        if (b == '\n' || open.size() == LONGEST) {
          settle();
        }
        if (b == '\r') {
          returned = true;
          continue;
        }
        if (returned) {
          open.reset();
          returned = false;
        }
        if (b != '\n') {
          open.write(b);
        }
      }
    }

    void settle() {
      if (open.size() > 0) {
        out.println("  " + title + " │ " + open.toString(StandardCharsets.UTF_8));
        open.reset();
      }
    }
  }
}
