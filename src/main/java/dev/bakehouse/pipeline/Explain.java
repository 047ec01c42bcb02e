package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What of a pipeline runs where, in which order, and why.
///
/// @param steps by wave, then as written
/// @param criticalPath titles of the steps that decide how long the build takes, as far as measured
/// @param criticalSeconds their sum
/// @param unmeasured titles of command steps without a measured time
public record Explain(
    List<Line> steps, List<String> criticalPath, double criticalSeconds, List<String> unmeasured) {

  /// @param wave 1: at once; n: after something of wave n - 1
  /// @param when why not sooner
  /// @param hosts that can take it; empty when none is known
  /// @param where why there
  /// @param seconds measured
  public record Line(
      int wave,
      String kind,
      String step,
      int line,
      String when,
      List<String> hosts,
      String where,
      @Nullable Double seconds) {}

  /// @param seconds measured times by step
  /// @throws UserError when steps wait for each other
  public static Explain of(
      WrittenPipeline pipeline, FleetConfig fleet, Map<String, Double> seconds) {
    StepGraph graph = new StepGraph(pipeline, Set.of());
    List<WrittenStep> order =
        graph
            .order()
            .orElseThrow(
                () ->
                    new UserError(
                        pipeline.name() + " can not run: steps wait for each other",
                        "`bakehouse pipeline lint` shows which."));
    Map<Integer, Integer> waves = new HashMap<>();
    for (WrittenStep step : order) {
      int wave = 1;
      for (StepGraph.Need need : graph.needs(step)) {
        int before = waves.getOrDefault(need.step().number(), 0);
        // A barrier and a group take no time of their own.
        wave = Math.max(wave, before + (need.step().form() == StepForm.COMMAND ? 1 : 0));
      }
      waves.put(step.number(), wave);
    }
    List<Line> lines = new ArrayList<>();
    pipeline
        .all()
        .filter(step -> step.form() != StepForm.GROUP)
        .sorted((a, b) -> waves.getOrDefault(a.number(), 0) - waves.getOrDefault(b.number(), 0))
        .forEach(
            step -> {
              Where where = where(pipeline, fleet, step);
              lines.add(
                  new Line(
                      waves.getOrDefault(step.number(), 1),
                      step.form().word(),
                      step.title(),
                      step.line(),
                      when(graph, step),
                      where.hosts,
                      where.why,
                      seconds.get(step.title())));
            });
    List<String> path =
        graph.criticalPath(order, seconds).stream().map(WrittenStep::title).toList();
    return new Explain(
        lines,
        path,
        path.stream().mapToDouble(title -> seconds.getOrDefault(title, 0.0)).sum(),
        pipeline
            .all()
            .filter(s -> s.form() == StepForm.COMMAND && !seconds.containsKey(s.title()))
            .map(WrittenStep::title)
            .toList());
  }

  private static String when(StepGraph graph, WrittenStep step) {
    List<String> all = new ArrayList<>();
    List<StepGraph.Need> needs = graph.needs(step);
    if (step.form().barrier() && needs.size() > 1) {
      return "after all above it";
    }
    for (StepGraph.Need need : needs) {
      all.add(need.step().title() + (need.barrier() ? " (stands above it)" : " (depends_on)"));
    }
    return all.isEmpty() ? "at once" : "after " + String.join(", ", all);
  }

  private record Where(List<String> hosts, String why) {}

  private static Where where(WrittenPipeline pipeline, FleetConfig fleet, WrittenStep step) {
    if (step.form() != StepForm.COMMAND) {
      return new Where(List.of(), step.form() == StepForm.TRIGGER ? "another pipeline" : "");
    }
    Map<String, String> agents = pipeline.agents(step);
    String asked = agents.isEmpty() ? "no tags: the default queue" : Adapt.shown(agents);
    if (fleet.judges(agents)) {
      List<String> hosts = fleet.hostsFor(agents);
      return new Where(
          hosts,
          (hosts.isEmpty() ? "no host has " : "these have ")
              + asked
              + (agents.containsKey(AgentRules.READY) ? ", once their image is ready" : ""));
    }
    return new Where(
        List.of(),
        (fleet.owns(agents) ? "our hosts, none described, with " : "not on our hosts: ") + asked);
  }
}
