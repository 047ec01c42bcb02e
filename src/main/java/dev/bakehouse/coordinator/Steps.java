package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Dependency;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The steps of a build, and which of them belong together.
final class Steps {
  private final Map<String, StepRow> byId = new HashMap<>();
  private final Map<String, List<StepRow>> byKey = new HashMap<>();
  private final Map<String, List<StepRow>> members = new HashMap<>();
  private final Map<String, List<StepRow>> uploads = new HashMap<>();
  private final Barriers barriers;

  /// @param rows in the order of the pipeline
  Steps(List<StepRow> rows) {
    for (StepRow row : rows) {
      byId.put(row.id(), row);
      add(byKey, row.key(), row);
      add(members, row.parent(), row);
      add(uploads, row.uploader(), row);
    }
    barriers = new Barriers(rows);
  }

  private static void add(Map<String, List<StepRow>> into, @Nullable String name, StepRow row) {
    if (name != null) {
      into.computeIfAbsent(name, k -> new ArrayList<>()).add(row);
    }
  }

  StepRow row(String id) {
    StepRow row = byId.get(id);
    if (row == null) {
      throw new IllegalStateException("Step " + id + " is not of this build");
    }
    return row;
  }

  /// The group a step stands in.
  @Nullable StepRow group(StepRow row) {
    return row.parent() == null ? null : row(row.parent());
  }

  List<StepRow> members(StepRow group) {
    return members.getOrDefault(group.id(), List.of());
  }

  /// What the jobs of a step added.
  List<StepRow> uploads(StepRow row) {
    return uploads.getOrDefault(row.id(), List.of());
  }

  List<StepRow> named(Dependency need) {
    return byKey.getOrDefault(need.step(), List.of());
  }

  /// All that the `depends_on` of a step names.
  Stream<StepRow> named(StepRow row) {
    return row.step().dependsOn().orElse(List.of()).stream().flatMap(need -> named(need).stream());
  }

  Barriers barriers() {
    return barriers;
  }
}
