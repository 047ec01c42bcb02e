package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildEvent;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.pipeline.InputField;
import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers a build's block and input steps: by what the command line says, else by asking at the
/// terminal. Without one, a build that can only wait is cancelled, and how to answer is said.
public final class Answers implements Consumer<BuildEvent> {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Coordinator coordinator;
  private final Map<String, Map<String, String>> given;
  private final @Nullable BufferedReader terminal;
  private final PrintStream out;
  private final Set<String> seen = new HashSet<>();
  private final BlockingQueue<JobView> questions = new LinkedBlockingQueue<>();
  private boolean asking;

  /// @param given the fields' values by the step's key or label, see [#parse]
  /// @param terminal null: nobody can be asked
  public Answers(
      Coordinator coordinator,
      Map<String, Map<String, String>> given,
      @Nullable BufferedReader terminal,
      PrintStream out) {
    this.coordinator = coordinator;
    this.given = given;
    this.terminal = terminal;
    this.out = out;
  }

  /// @param options each `KEY` or `KEY={"field": "value"}`; a list stands for several choices
  /// @throws UserError naming the option that is neither
  public static Map<String, Map<String, String>> parse(List<String> options) {
    Map<String, Map<String, String>> all = new LinkedHashMap<>();
    for (String option : options) {
      int equals = option.indexOf('=');
      String key = equals < 0 ? option : option.substring(0, equals);
      Map<String, String> values = new LinkedHashMap<>();
      if (equals >= 0) {
        try {
          JsonNode fields = JSON.readTree(option.substring(equals + 1));
          if (!fields.isObject()) {
            throw wrong(option, "that is no object");
          }
          fields.properties().forEach(e -> values.put(e.getKey(), text(e.getValue())));
        } catch (JacksonException e) {
          throw wrong(option, e.getOriginalMessage());
        }
      }
      all.put(key, values);
    }
    return all;
  }

  private static UserError wrong(String option, String why) {
    return new UserError(
        "--unblock " + option + " has no JSON behind `=`: " + why,
        "Write for example --unblock 'release={\"name\": \"Dolphin\"}'.");
  }

  private static String text(JsonNode value) {
    List<String> lines = new ArrayList<>();
    (value.isArray() ? value.values() : List.of(value)).forEach(v -> lines.add(v.asString("")));
    return String.join("\n", lines);
  }

  @Override
  public void accept(BuildEvent event) {
    switch (event) {
      case BuildEvent.JobChanged(JobView job) -> {
        if (job.unblockable() && seen.add(job.id())) {
          reached(job);
        }
      }
      case BuildEvent.BuildChanged(BuildView build) -> {
        if (build.blocked() && terminal == null) {
          giveUp(build);
        }
      }
      case BuildEvent.Log log -> {}
    }
  }

  private void reached(JobView job) {
    Map<String, String> answer = given.get(name(job));
    if (answer != null) {
      try {
        unblock(job, answer);
        return;
      } catch (UserError e) {
        out.println("note: --unblock " + name(job) + ": " + e.getMessage() + ". " + e.remedy());
      }
    }
    if (terminal != null) {
      questions.add(job);
      if (!asking) {
        asking = true;
        Threads.start(() -> ask(terminal));
      }
    }
  }

  private static String name(JobView job) {
    return job.key() == null ? job.title() : job.key();
  }

  private void unblock(JobView job, Map<String, String> fields) {
    coordinator.unblock(job.id(), fields, System.getProperty("user.name", "somebody"));
  }

  /// Nobody is there to answer, and nothing else runs.
  private void giveUp(BuildView build) {
    for (JobView job : build.jobs()) {
      // It may be answered already, since this view was made.
      if (job.unblockable() && coordinator.unblockable(job.id())) {
        InputStep step = (InputStep) coordinator.step(job.id());
        StringBuilder fields = new StringBuilder();
        for (InputField field : step.fields()) {
          fields
              .append(fields.isEmpty() ? "" : ", ")
              .append('"')
              .append(field.key())
              .append("\": \"")
              .append(field.preset().orElse("…").replace("\n", "\\n"))
              .append('"');
        }
        out.println(
            "The build waits for an answer to the "
                + step.title()
                + ", and there is no terminal to ask at. It is cancelled; answer it with: --unblock '"
                + name(job)
                + (fields.isEmpty() ? "" : "={" + fields + "}")
                + "'");
        coordinator.cancel(build.id());
      }
    }
  }

  /// Asks one question after the other, as long as somebody answers.
  private void ask(BufferedReader lines) {
    try {
      while (true) {
        JobView job = questions.take();
        boolean done = false;
        while (!done) {
          try {
            unblock(job, fields((InputStep) coordinator.step(job.id()), lines));
            done = true;
          } catch (UserError e) {
            out.println(e.getMessage() + ". " + e.remedy());
            // A build that is over needs no answer any more.
            done = !stillAsked(job);
          }
        }
      }
    } catch (IOException e) {
      out.println("note: the terminal is gone; the build goes on waiting: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean stillAsked(JobView job) {
    return coordinator.unblockable(job.id());
  }

  private Map<String, String> fields(InputStep step, BufferedReader lines) throws IOException {
    out.println("⏸ " + step.title() + step.prompt().map(p -> ": " + p).orElse(""));
    Map<String, String> values = new LinkedHashMap<>();
    for (InputField field : step.fields()) {
      out.print(question(field));
      out.flush();
      String line = line(lines);
      if (!line.isBlank()) {
        values.put(
            field.key(), field.multiple() ? String.join("\n", line.split("\\s*,\\s*")) : line);
      }
    }
    if (step.fields().isEmpty()) {
      out.print("  Enter lets the build go on: ");
      out.flush();
      line(lines);
    }
    return values;
  }

  private static String line(BufferedReader lines) throws IOException {
    return Optional.ofNullable(lines.readLine())
        .orElseThrow(() -> new IOException("its input has ended"));
  }

  private static String question(InputField field) {
    StringBuilder text = new StringBuilder("  " + field.name());
    field.hint().ifPresent(hint -> text.append(" – ").append(hint));
    if (!field.options().isEmpty()) {
      List<String> options = new ArrayList<>();
      field
          .options()
          .forEach(
              (value, label) ->
                  options.add(value.equals(label) ? value : value + " (" + label + ")"));
      text.append(field.multiple() ? ", some of " : ", one of ").append(String.join(", ", options));
    }
    field.preset().ifPresent(p -> text.append(" [").append(p.replace("\n", ", ")).append("]"));
    return text + (field.required() ? ": " : " (may stay empty): ");
  }
}
