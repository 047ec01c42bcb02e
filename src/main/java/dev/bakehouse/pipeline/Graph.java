package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What steps of one build depend on, and what is wrong with it.
public final class Graph {
  private final String name;
  private final Map<String, Set<String>> edges = new LinkedHashMap<>();
  private final Set<String> groups = new HashSet<>();

  private Graph(String name) {
    this.name = name;
  }

  /// @param name what errors call the pipeline
  /// @throws UserError for a key that stands twice, a dependency on nothing, a circle
  public static void check(String name, List<Step> steps) {
    Graph graph = new Graph(name);
    graph.add(steps, Set.of());
    graph.edges.forEach(graph::dangling);
    Set<String> done = new HashSet<>();
    for (String key : graph.edges.keySet()) {
      graph.circles(key, new ArrayDeque<>(), done);
    }
  }

  private void add(List<Step> steps, Set<String> outer) {
    for (Step step : steps) {
      Set<String> needs = new LinkedHashSet<>(outer);
      step.dependsOn().ifPresent(all -> all.forEach(d -> needs.add(d.step())));
      String key = step.key().orElse("\0" + edges.size());
      boolean again = step instanceof GroupStep && groups.contains(key);
      if (edges.containsKey(key) && !again) {
        throw new UserError(
            name + " has the key `" + key + "` twice", "Give each step a key of its own.");
      }
      edges.computeIfAbsent(key, k -> new LinkedHashSet<>()).addAll(needs);
      if (step instanceof GroupStep group) {
        groups.add(key);
        add(group.steps(), needs);
        Set<String> members = edges.get(key);
        for (Step member : group.steps()) {
          if (members != null) {
            member.key().ifPresent(members::add);
          }
        }
      }
    }
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

  private void circles(String key, Deque<String> path, Set<String> done) {
    if (path.contains(key)) {
      List<String> circle = new ArrayList<>(path);
      circle.add(key);
      throw new UserError(
          name + ": steps wait for each other: " + String.join(" → ", circle),
          "Remove one of these from `depends_on`.");
    }
    if (!done.add(key)) {
      return;
    }
    path.addLast(key);
    edges.getOrDefault(key, Set.of()).forEach(need -> circles(need, path, done));
    path.removeLast();
  }
}
