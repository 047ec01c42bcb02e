package dev.bakehouse.pipeline;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which step of a written pipeline waits for which
/// (https://buildkite.com/docs/pipelines/configure/depends-on).
///
/// A step with `depends_on` waits for these; another one for the last wait or block above it on its
/// own level, which waits for all above itself. A group's dependencies hold for its members.
final class StepGraph {
  private final List<WrittenStep> steps;
  private final Map<String, List<WrittenStep>> byKey = new HashMap<>();
  private final Map<Integer, List<Need>> needs = new HashMap<>();
  private final List<Dangling> dangling = new ArrayList<>();

  /// @param barrier it is waited for because of its place, not by its key
  record Need(WrittenStep step, boolean barrier) {}

  record Dangling(WrittenStep step, String key) {}

  /// @param known keys of steps that are in the build already
  StepGraph(WrittenPipeline pipeline, Set<String> known) {
    steps = pipeline.all().toList();
    for (WrittenStep step : steps) {
      step.key().ifPresent(k -> byKey.computeIfAbsent(k, x -> new ArrayList<>()).add(step));
    }
    level(pipeline.steps(), List.of(), known);
  }

  private void level(List<WrittenStep> level, List<Need> outer, Set<String> known) {
    WrittenStep barrier = null;
    List<WrittenStep> since = new ArrayList<>();
    for (WrittenStep step : level) {
      List<Need> own = explicit(step, known);
      if (step.dependsOn().isEmpty() && barrier != null) {
        own.add(new Need(barrier, true));
      }
      if (step.form().barrier()) {
        if (step.dependsOn().isEmpty()) {
          since.forEach(before -> own.add(new Need(before, true)));
        }
        since.clear();
      }
      List<Need> inherited = new ArrayList<>(own);
      own.addAll(step.dependsOn().isPresent() ? explicitOnly(outer) : outer);
      if (step.form() == StepForm.GROUP) {
        level(step.members(), inherited, known);
        step.members().forEach(member -> own.add(new Need(member, false)));
      }
      needs.put(step.number(), own);
      if (step.form() != StepForm.INPUT) {
        since.add(step);
      }
      barrier = step.form().barrier() ? step : barrier;
    }
  }

  /// Explicit dependencies free a group's member from what stands above the group.
  private static List<Need> explicitOnly(List<Need> outer) {
    return outer.stream().filter(need -> !need.barrier()).toList();
  }

  private List<Need> explicit(WrittenStep step, Set<String> known) {
    List<Need> all = new ArrayList<>();
    for (Dependency dependency : step.dependsOn().orElse(List.of())) {
      List<WrittenStep> there = byKey.getOrDefault(dependency.step(), List.of());
      there.forEach(found -> all.add(new Need(found, false)));
      if (there.isEmpty() && !known.contains(dependency.step())) {
        dangling.add(new Dangling(step, dependency.step()));
      }
    }
    return all;
  }

  List<Need> needs(WrittenStep step) {
    return needs.getOrDefault(step.number(), List.of());
  }

  /// Dependencies on keys that no step has.
  List<Dangling> dangling() {
    return dangling;
  }

  Map<String, List<WrittenStep>> byKey() {
    return byKey;
  }

  /// Steps that wait for each other, the first one at the end again; each circle once.
  List<List<WrittenStep>> circles() {
    List<List<WrittenStep>> circles = new ArrayList<>();
    walk(circles);
    return circles;
  }

  /// All steps, each behind what it needs; nothing when steps wait for each other.
  Optional<List<WrittenStep>> order() {
    List<List<WrittenStep>> circles = new ArrayList<>();
    List<WrittenStep> order = walk(circles);
    return circles.isEmpty() ? Optional.of(order) : Optional.empty();
  }

  /// A step on the way and which of its needs comes next.
  private static final class Visit {
    private final WrittenStep step;
    private int next;

    private Visit(WrittenStep step) {
      this.step = step;
    }
  }

  /// Depth first, without recursion: chains may be thousands of steps long.
  private List<WrittenStep> walk(List<List<WrittenStep>> circles) {
    List<WrittenStep> done = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    Set<Integer> open = new HashSet<>();
    for (WrittenStep start : steps) {
      Deque<Visit> path = new ArrayDeque<>();
      enter(start, path, seen, open);
      while (!path.isEmpty()) {
        Visit visit = path.getLast();
        List<Need> all = needs(visit.step);
        if (visit.next == all.size()) {
          path.removeLast();
          open.remove(visit.step.number());
          done.add(visit.step);
          continue;
        }
        WrittenStep need = all.get(visit.next++).step();
        if (open.contains(need.number())) {
          circles.add(circle(path, need));
        } else {
          enter(need, path, seen, open);
        }
      }
    }
    return done;
  }

  private static void enter(
      WrittenStep step, Deque<Visit> path, Set<Integer> seen, Set<Integer> open) {
    if (seen.add(step.number())) {
      open.add(step.number());
      path.addLast(new Visit(step));
    }
  }

  private static List<WrittenStep> circle(Deque<Visit> path, WrittenStep from) {
    List<WrittenStep> circle = new ArrayList<>();
    boolean inside = false;
    for (Visit visit : path) {
      inside |= visit.step.number() == from.number();
      if (inside) {
        circle.add(visit.step);
      }
    }
    circle.add(from);
    return Collections.unmodifiableList(circle);
  }

  /// The longest chain by the steps' seconds.
  ///
  /// @param seconds of steps by title; others count nothing
  List<WrittenStep> criticalPath(List<WrittenStep> order, Map<String, Double> seconds) {
    Map<Integer, Double> ends = new HashMap<>();
    Map<Integer, WrittenStep> before = new HashMap<>();
    WrittenStep last = null;
    for (WrittenStep step : order) {
      double begin = 0;
      for (Need need : needs(step)) {
        double end = ends.getOrDefault(need.step().number(), 0.0);
        if (end > begin) {
          begin = end;
          before.put(step.number(), need.step());
        }
      }
      double end = begin + seconds.getOrDefault(step.title(), 0.0);
      ends.put(step.number(), end);
      if (last == null || end > ends.getOrDefault(last.number(), 0.0)) {
        last = step;
      }
    }
    List<WrittenStep> path = new ArrayList<>();
    for (@Nullable WrittenStep at = last; at != null; at = before.get(at.number())) {
      if (seconds.containsKey(at.title())) {
        path.addFirst(at);
      }
    }
    return path;
  }
}
