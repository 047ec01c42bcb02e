package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Looks for what Buildkite would refuse, and for what would wait for ever or mean something else.
public final class Lint {
  private final WrittenPipeline pipeline;
  private final FleetConfig fleet;
  private final StepGraph graph;
  private final Map<StepForm, Set<String>> keys = new EnumMap<>(StepForm.class);
  private final List<Finding> findings = new ArrayList<>();

  /// Keys of steps of which something is found already.
  private final IdentityHashMap<WrittenStep, Set<String>> told = new IdentityHashMap<>();

  private Lint(WrittenPipeline pipeline, FleetConfig fleet, Set<String> known) {
    this.pipeline = pipeline;
    this.fleet = fleet;
    this.graph = new StepGraph(pipeline, known);
    for (StepForm form : StepForm.values()) {
      keys.put(form, form.keys());
    }
  }

  /// @param known keys of steps that are in the build already
  /// @return by line; what an alias repeats, once
  public static List<Finding> check(
      WrittenPipeline pipeline, FleetConfig fleet, Set<String> known) {
    Lint lint = new Lint(pipeline, fleet, known);
    lint.repeats();
    lint.duplicateSteps();
    lint.dependencies();
    pipeline.all().forEach(lint::step);
    StepLimits.check(pipeline, lint::add);
    YamlTraps.check(pipeline, lint::add);
    ValueCheck values = new ValueCheck(pipeline, lint::add);
    values.top();
    pipeline.all().forEach(step -> values.step(step, lint.told(step)));
    return lint.findings.stream()
        .distinct()
        .sorted(Comparator.comparingInt(Finding::line))
        .toList();
  }

  /// Where a check puts what it finds; line, rule, step and key when it is of one, what, remedy.
  interface Sink {
    void add(
        int line, String rule, @Nullable WrittenStep step, String key, String what, String remedy);
  }

  private void add(
      int line, String rule, @Nullable WrittenStep step, String key, String what, String remedy) {
    String title = step == null ? "" : step.title();
    findings.add(new Finding(pipeline.name(), line, rule, title, what, remedy));
    if (step != null) {
      told(step).add(key);
    }
  }

  private void add(int line, String rule, @Nullable WrittenStep step, String what, String remedy) {
    add(line, rule, step, "", what, remedy);
  }

  private Set<String> told(WrittenStep step) {
    return told.computeIfAbsent(step, s -> new HashSet<>());
  }

  private void repeats() {
    for (Lines.Repeat repeat : pipeline.lines().repeats()) {
      add(
          repeat.line(),
          "duplicate-key",
          null,
          "the key `" + repeat.key() + "` stands in line " + repeat.first() + " already",
          "Remove one of them: only the last counts.");
    }
  }

  private void duplicateSteps() {
    Map<String, WrittenStep> first = new HashMap<>();
    pipeline
        .all()
        .filter(step -> step.key().isPresent())
        .forEach(
            step -> {
              String key = step.key().orElseThrow();
              WrittenStep other = first.putIfAbsent(key, step);
              boolean merged =
                  other != null
                      && other.form() == StepForm.GROUP
                      && step.form() == StepForm.GROUP
                      && other.label().equals(step.label());
              if (other != null && !merged) {
                add(
                    step.line(),
                    "duplicate-step-key",
                    step,
                    "the step in line " + other.line() + " has the key `" + key + "`, too",
                    "Give each step a key of its own.");
              }
            });
  }

  private void dependencies() {
    for (StepGraph.Dangling dangling : graph.dangling()) {
      String near = Nearest.of(dangling.key(), graph.byKey().keySet());
      add(
          pipeline.lines().of(dangling.step().body(), "depends_on"),
          "dangling-dependency",
          dangling.step(),
          "depends on `" + dangling.key() + "`, which is no step's key",
          near.isEmpty()
              ? "Correct `depends_on`, give the step it means that key, or name it with"
                  + " --known-step when it is in the build already."
              : "Did you mean `" + near + "`?");
    }
    for (List<WrittenStep> circle : graph.circles()) {
      add(
          circle.getFirst().line(),
          "circular-dependency",
          circle.getFirst(),
          "steps wait for each other: "
              + circle.stream().map(WrittenStep::title).collect(Collectors.joining(" → ")),
          "Remove one of these from `depends_on`, or move the wait between them.");
    }
  }

  private void step(WrittenStep step) {
    if (step.form() == StepForm.UNKNOWN) {
      add(
          step.line(),
          "unknown-step",
          step,
          "is a step of no known kind",
          "Give it a `command`, `wait`, `block`, `input`, `trigger` or `group`.");
      return;
    }
    unknownKeys(step);
    if (step.form() == StepForm.GROUP) {
      group(step);
    }
    if (step.form() == StepForm.COMMAND) {
      agents(step);
      timeout(step);
      concurrency(step);
    }
  }

  private void unknownKeys(WrittenStep step) {
    Set<String> known = keys.getOrDefault(step.form(), Set.of());
    for (String key : step.body().propertyNames()) {
      if (!known.contains(key)) {
        String near = Nearest.of(key, known);
        add(
            pipeline.lines().of(step.body(), key),
            "unknown-key",
            step,
            key,
            "`" + key + "` is no key of a " + step.form().word() + " step",
            near.isEmpty() ? "Remove it." : "Did you mean `" + near + "`?");
      }
    }
  }

  private void group(WrittenStep step) {
    if (step.group().isPresent()) {
      add(step.line(), "nested-group", step, "is a group inside a group", "Move it one level up.");
    }
    if (step.members().isEmpty()) {
      add(step.line(), "empty-group", step, "has no steps", "Add one below `steps:`.");
    }
  }

  private void agents(WrittenStep step) {
    Map<String, String> agents = pipeline.agents(step);
    if (fleet.judges(agents) && fleet.hostsFor(agents).isEmpty()) {
      add(
          step.body().has("agents") ? pipeline.lines().of(step.body(), "agents") : step.line(),
          "no-host",
          step,
          "no host has what it asks for: " + Adapt.shown(agents),
          "Correct `agents`, or describe the host below `pipeline.hosts` in bakehouse.yml.");
    }
  }

  private void timeout(WrittenStep step) {
    if (step.text("timeout_in_minutes").isEmpty()) {
      add(
          step.line(),
          "no-timeout",
          step,
          "has no time-out: when it hangs, it holds a host until someone sees it",
          "Write `timeout_in_minutes:`.");
    }
  }

  private void concurrency(WrittenStep step) {
    boolean limit = step.body().has("concurrency");
    boolean group = step.body().has("concurrency_group");
    if (limit != group) {
      told(step).addAll(List.of("concurrency", "concurrency_group", "concurrency_method"));
      add(
          pipeline.lines().of(step.body(), limit ? "concurrency" : "concurrency_group"),
          "half-concurrency",
          step,
          "has `concurrency"
              + (limit ? "` without a `concurrency_group`" : "_group` without a `concurrency`"),
          "Write both, or neither.");
    }
  }
}
