package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.Steps.Node;
import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.WaitStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where the `wait` and `block` steps of a build stand, on the top level and in each group. A
/// `wait` beside a `block` is none.
final class Barriers {
  private final Map<Node, List<Node>> before = new HashMap<>();
  private final @Nullable Node[] above;

  /// @param nodes in the order of the pipeline
  Barriers(List<Node> nodes) {
    above = new @Nullable Node[nodes.size()];
    Map<Optional<Node>, List<Node>> levels = new HashMap<>();
    for (Node node : nodes) {
      if (!node.omitted()) {
        levels.computeIfAbsent(Optional.ofNullable(node.group()), k -> new ArrayList<>()).add(node);
      }
    }
    levels.values().forEach(this::level);
  }

  private void level(List<Node> level) {
    List<Node> counted = new ArrayList<>();
    Map<Node, Integer> places = new HashMap<>();
    Node last = null;
    for (int i = 0; i < level.size(); i++) {
      Node node = level.get(i);
      above[node.index()] = last;
      boolean wait = node.step() instanceof WaitStep;
      boolean besideBlock =
          (i > 0 && block(level.get(i - 1))) || (i + 1 < level.size() && block(level.get(i + 1)));
      if (block(node) || (wait && !besideBlock)) {
        last = node;
      }
      if (block(node) || wait) {
        places.put(node, counted.size());
      }
      if (block(node) || !(wait || node.step() instanceof InputStep)) {
        counted.add(node);
      }
    }
    places.forEach((node, place) -> before.put(node, counted.subList(0, place)));
  }

  static boolean block(Node node) {
    return node.step() instanceof InputStep input && input.block();
  }

  /// The last one above a step on its own level.
  @Nullable Node above(Node node) {
    return above[node.index()];
  }

  /// What a `wait` or `block` waits for: all above it on its own level, but for `input` steps,
  /// which hold up only who names them.
  List<Node> counted(Node barrier) {
    return before.getOrDefault(barrier, List.of());
  }
}
