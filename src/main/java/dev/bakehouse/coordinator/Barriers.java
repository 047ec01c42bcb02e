package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.WaitStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Where the `wait` and `block` steps of a build stand, on the top level and in each group. A
/// `wait` beside a `block` is none.
final class Barriers {
  private static final String TOP = "";

  private final Map<String, List<StepRow>> levels = new HashMap<>();
  private final Map<String, Integer> places = new HashMap<>();
  private final Map<String, StepRow> above = new HashMap<>();

  /// @param rows in the order of the pipeline
  Barriers(List<StepRow> rows) {
    for (StepRow row : rows) {
      if (!row.omitted()) {
        List<StepRow> level = levels.computeIfAbsent(level(row), k -> new ArrayList<>());
        places.put(row.id(), level.size());
        level.add(row);
      }
    }
    for (List<StepRow> level : levels.values()) {
      StepRow last = null;
      for (int i = 0; i < level.size(); i++) {
        StepRow row = level.get(i);
        if (last != null) {
          above.put(row.id(), last);
        }
        boolean besideBlock =
            (i > 0 && block(level.get(i - 1))) || (i + 1 < level.size() && block(level.get(i + 1)));
        if (block(row) || (row.step() instanceof WaitStep && !besideBlock)) {
          last = row;
        }
      }
    }
  }

  private static String level(StepRow row) {
    return row.parent() == null ? TOP : row.parent();
  }

  static boolean block(StepRow row) {
    return row.step() instanceof InputStep input && input.block();
  }

  /// The last one above a step on its own level.
  Optional<StepRow> above(StepRow row) {
    return Optional.ofNullable(above.get(row.id()));
  }

  /// What a `wait` or `block` waits for: all above it on its own level, but for `input` steps,
  /// which hold up only who names them.
  Stream<StepRow> counted(StepRow row) {
    int place = places.getOrDefault(row.id(), 0);
    return levels.getOrDefault(level(row), List.of()).subList(0, place).stream()
        .filter(other -> !(other.step() instanceof WaitStep))
        .filter(other -> !(other.step() instanceof InputStep) || block(other));
  }
}
