package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Dependency;
import dev.bakehouse.pipeline.WaitStep;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Which jobs a waiting one waits for, for people.
final class JobWaits {
  private final List<StepRow> steps;
  private final Barriers barriers;
  private final Set<String> found = new HashSet<>();

  private JobWaits(List<StepRow> steps) {
    this.steps = steps;
    this.barriers = new Barriers(steps);
  }

  /// Those that have not ended, as `id`, `step_key`, `name` and `state`.
  static List<Map<String, Object>> of(Transaction tx, Job job) throws SQLException {
    if (!job.state().waits() || job.unblockable()) {
      return List.of();
    }
    JobWaits waits = new JobWaits(StepRow.ofBuild(tx, job.build()));
    waits.step(waits.row(job.step()));
    return Job.ofBuild(tx, job.build()).stream()
        .filter(j -> waits.found.contains(j.step()) && !j.state().ended())
        .map(j -> shown(j, waits.row(j.step())))
        .toList();
  }

  private static Map<String, Object> shown(Job job, StepRow step) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", job.id());
    all.put("step_key", step.key());
    all.put("name", step.label());
    all.put("state", job.state().wire());
    return all;
  }

  private void step(StepRow row) {
    StepRow group = row.parent() == null ? null : row(row.parent());
    if (row.uploader() != null) {
      found.add(row.uploader());
    }
    if (row.step().dependsOn().isEmpty()) {
      above(row);
      if (Barriers.block(row)) {
        barriers.counted(row).forEach(this::whole);
      }
      if (group != null && group.step().dependsOn().isEmpty()) {
        above(group);
      }
    }
    keys(row);
    if (group != null) {
      keys(group);
    }
  }

  private void keys(StepRow row) {
    for (Dependency need : row.step().dependsOn().orElse(List.of())) {
      steps.stream().filter(s -> need.step().equals(s.key())).forEach(this::whole);
    }
  }

  /// A step and what belongs to it: a group's members, everything above a wait.
  private void whole(StepRow row) {
    if (!found.add(row.id())) {
      return;
    }
    if (row.step() instanceof WaitStep) {
      barriers.counted(row).forEach(this::whole);
    }
    steps.stream().filter(s -> Objects.equals(s.parent(), row.id())).forEach(this::whole);
  }

  private void above(StepRow row) {
    barriers.above(row).ifPresent(this::whole);
  }

  private StepRow row(String id) {
    return steps.stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow();
  }
}
