package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What steps of one build wait for, and what is wrong with it.
public final class Graph {
  private final String name;
  private final Map<String, Set<String>> edges = new LinkedHashMap<>();
  private final Map<String, String> titles = new LinkedHashMap<>();
  private final Set<String> groups = new HashSet<>();

  private Graph(String name) {
    this.name = name;
  }

  /// @param name what errors call the pipeline
  /// @throws UserError for a key that stands twice, a dependency on nothing, a circle
  public static void check(String name, List<Step> steps) {
    Graph graph = new Graph(name);
    graph.level(steps, Set.of(), Set.of());
    graph.edges.forEach(graph::dangling);
    graph.circles();
  }

  /// @param outer what the group of these steps names
  /// @param above what it waits for because of its place
  ///
  /// @return the nodes of these steps
  private List<String> level(List<Step> steps, Set<String> outer, Set<String> above) {
    List<String> nodes = new ArrayList<>();
    Set<String> barrier = above;
    List<String> since = new ArrayList<>();
    for (Step step : steps) {
      Set<String> named = new LinkedHashSet<>(outer);
      step.dependsOn().ifPresent(all -> all.forEach(d -> named.add(d.step())));
      Set<String> implied = step.dependsOn().isPresent() ? Set.of() : barrier;
      String key = node(step);
      nodes.add(key);
      Set<String> needs = edges.computeIfAbsent(key, k -> new LinkedHashSet<>());
      needs.addAll(named);
      needs.addAll(implied);
      if (step instanceof GroupStep group) {
        needs.addAll(level(group.steps(), named, implied));
      }
      boolean holds = step instanceof WaitStep || (step instanceof InputStep i && i.block());
      if (holds) {
        if (step.dependsOn().isEmpty()) {
          needs.addAll(since);
        }
        since.clear();
        barrier = Set.of(key);
      } else if (!(step instanceof InputStep)) {
        since.add(key);
      }
    }
    return nodes;
  }

  private String node(Step step) {
    String key = step.key().orElse("\0" + edges.size());
    boolean again = step instanceof GroupStep && groups.contains(key);
    if (edges.containsKey(key) && !again) {
      throw new UserError(
          name + " has the key `" + key + "` twice", "Give each step a key of its own.");
    }
    if (step instanceof GroupStep) {
      groups.add(key);
    }
    titles.put(key, step.key().orElse(step.title()));
    return key;
  }

  private void dangling(String key, Set<String> needs) {
    for (String need : needs) {
      if (!edges.containsKey(need)) {
        throw new UserError(
            name
                + ": "
                + (key.startsWith("\0") ? "a step" : "step `" + key + "`")
                + " depends on `"
                + need
                + "`, which is no step's key",
            "Correct `depends_on`, or give the step it means that key.");
      }
    }
  }

  /// A step on the way, with what is left of its needs.
  private record Visit(String key, Iterator<String> needs) {}

  /// Depth first, without recursion: chains may be thousands of steps long.
  private void circles() {
    Set<String> seen = new HashSet<>();
    Set<String> open = new LinkedHashSet<>();
    for (String start : edges.keySet()) {
      Deque<Visit> path = new ArrayDeque<>();
      enter(start, path, seen, open);
      while (!path.isEmpty()) {
        Visit visit = path.getLast();
        if (!visit.needs.hasNext()) {
          open.remove(path.removeLast().key);
          continue;
        }
        String need = visit.needs.next();
        if (open.contains(need)) {
          throw circle(open, need);
        }
        enter(need, path, seen, open);
      }
    }
  }

  private void enter(String key, Deque<Visit> path, Set<String> seen, Set<String> open) {
    if (seen.add(key)) {
      open.add(key);
      path.addLast(new Visit(key, edges.getOrDefault(key, Set.of()).iterator()));
    }
  }

  private UserError circle(Set<String> open, String from) {
    List<String> all = new ArrayList<>(open);
    List<String> circle = new ArrayList<>(all.subList(all.indexOf(from), all.size()));
    circle.add(from);
    return new UserError(
        name
            + ": steps wait for each other: "
            + String.join(" → ", circle.stream().map(k -> titles.getOrDefault(k, k)).toList()),
        "Remove one of these from `depends_on`, or move the wait between them.");
  }
}
