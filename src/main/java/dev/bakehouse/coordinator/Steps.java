package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Dependency;
import dev.bakehouse.pipeline.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The steps of a build, each with those that belong to it: found once, as thousands of jobs ask
/// again and again.
final class Steps {
  private final Map<String, Node> byId = new LinkedHashMap<>();
  private final Barriers barriers;

  /// A step among the others. Two are the same when they are one.
  static final class Node {
    private final int index;
    private final StepRow row;
    private final List<Node> members = new ArrayList<>(0);
    private final List<Node> uploads = new ArrayList<>(0);
    private List<Need> needs = List.of();
    private @Nullable Node group;
    private @Nullable Node uploader;

    private Node(int index, StepRow row) {
      this.index = index;
      this.row = row;
    }

    /// From 0, in the order of the pipeline.
    int index() {
      return index;
    }

    StepRow row() {
      return row;
    }

    Step step() {
      return row.step();
    }

    boolean omitted() {
      return row.omitted();
    }

    /// That it stands in.
    @Nullable Node group() {
      return group;
    }

    /// Whose job added it.
    @Nullable Node uploader() {
      return uploader;
    }

    /// Of a group.
    List<Node> members() {
      return members;
    }

    /// What its jobs added.
    List<Node> uploads() {
      return uploads;
    }

    /// Its `depends_on`; empty also without one.
    List<Need> needs() {
      return needs;
    }

    Stream<Node> named() {
      return needs.stream().flatMap(need -> need.steps.stream());
    }

    @Override
    public String toString() {
      return row.id();
    }
  }

  /// What one entry of `depends_on` names: groups may share a key.
  record Need(List<Node> steps, boolean allowFailure) {}

  /// @param rows in the order of the pipeline
  Steps(List<StepRow> rows) {
    Map<String, List<Node>> byKey = new LinkedHashMap<>();
    for (StepRow row : rows) {
      Node node = new Node(byId.size(), row);
      byId.put(row.id(), node);
      if (row.key() != null) {
        byKey.computeIfAbsent(row.key(), key -> new ArrayList<>()).add(node);
      }
    }
    for (Node node : byId.values()) {
      node.needs =
          node.step().dependsOn().orElse(List.of()).stream()
              .map(need -> need(need, byKey.getOrDefault(need.step(), List.of())))
              .toList();
      if (node.row.parent() != null) {
        node.group = node(node.row.parent());
        node.group.members.add(node);
      }
      node.uploader = node.row.uploader() == null ? null : byId.get(node.row.uploader());
      if (node.uploader != null) {
        node.uploader.uploads.add(node);
      }
    }
    barriers = new Barriers(nodes());
  }

  private static Need need(Dependency written, List<Node> steps) {
    return new Need(steps, written.allowFailure());
  }

  Node node(String id) {
    Node node = byId.get(id);
    if (node == null) {
      throw new IllegalStateException("Step " + id + " is not of this build");
    }
    return node;
  }

  /// In the order of the pipeline; a group stands before its members.
  List<Node> nodes() {
    return List.copyOf(byId.values());
  }

  int count() {
    return byId.size();
  }

  Barriers barriers() {
    return barriers;
  }
}
