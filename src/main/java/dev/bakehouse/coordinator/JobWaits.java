package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.Dependency;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// Which jobs a waiting one waits for, for people.
final class JobWaits {
  private final List<StepRow> steps;
  private final Set<String> found = new HashSet<>();

  private JobWaits(List<StepRow> steps) {
    this.steps = steps;
  }

  /// Those that have not ended, as `id`, `step_key`, `name` and `state`.
  static List<Map<String, Object>> of(Transaction tx, Job job) throws SQLException {
    if (job.state() != JobState.WAITING) {
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

  private void step(StepRow step) {
    CommandStep command = step.command();
    StepRow group = step.parent() == null ? null : row(step.parent());
    if (command.dependsOn().isPresent()) {
      keys(command.dependsOn().get());
    } else {
      above(step);
      if (group != null && !group.marks().explicit()) {
        above(group);
      }
    }
    if (group != null) {
      keys(group.marks().dependsOn());
    }
  }

  private void keys(List<Dependency> needs) {
    for (Dependency need : needs) {
      steps.stream().filter(s -> need.step().equals(s.key())).forEach(this::whole);
    }
  }

  /// A step and what belongs to it: a group's members, everything above a wait.
  private void whole(StepRow step) {
    found.add(step.id());
    Stream<StepRow> more =
        step.kind().equals(StepRow.WAIT)
            ? before(step)
            : steps.stream().filter(s -> step.id().equals(s.parent()));
    more.forEach(s -> found.add(s.id()));
  }

  /// Everything above the last wait above a step.
  private void above(StepRow step) {
    steps.stream()
        .filter(s -> s.kind().equals(StepRow.WAIT) && s.position() < step.position())
        .filter(s -> java.util.Objects.equals(s.parent(), step.parent()))
        .reduce((_, last) -> last)
        .ifPresent(this::whole);
  }

  private Stream<StepRow> before(StepRow wait) {
    return steps.stream()
        .filter(s -> s.position() < wait.position())
        .filter(s -> wait.parent() == null || wait.parent().equals(s.parent()));
  }

  private StepRow row(String id) {
    return steps.stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow();
  }
}
