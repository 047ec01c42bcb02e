package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.Steps.Node;
import dev.bakehouse.pipeline.WaitStep;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which jobs a waiting or limited one waits for, for people.
final class JobWaits {
  private final Steps steps;
  private final Set<String> found = new HashSet<>();

  private JobWaits(Steps steps) {
    this.steps = steps;
  }

  /// Those that have not ended, as `id`, `step_key`, `name` and `state`.
  static List<Map<String, Object>> of(Transaction tx, Job job) throws SQLException {
    if (job.state() == JobState.LIMITED) {
      List<Map<String, Object>> before = new ArrayList<>();
      for (String id : ConcurrencyGroups.before(tx, job)) {
        before.add(ofGroup(tx, job, Job.get(tx, id)));
      }
      return before;
    }
    if (!job.state().waits() || job.unblockable()) {
      return List.of();
    }
    Steps steps = new Steps(StepRow.ofBuild(tx, job.build()));
    JobWaits waits = new JobWaits(steps);
    waits.step(steps.node(job.step()));
    return Job.ofBuild(tx, job.build()).stream()
        .filter(j -> waits.found.contains(j.step()) && !j.state().ended())
        .map(j -> shown(j, steps.node(j.step()).row()))
        .toList();
  }

  /// One of another build is called by that, too.
  private static Map<String, Object> ofGroup(Transaction tx, Job job, Job other)
      throws SQLException {
    Map<String, Object> all = shown(other, StepRow.get(tx, other.step()));
    if (!other.build().equals(job.build())) {
      Build build = Build.get(tx, other.build());
      Object step = all.get("step_key") == null ? all.get("name") : all.get("step_key");
      String of = "of " + build.pipeline() + " #" + build.number();
      all.put("step_key", step == null ? "a step " + of : step + " " + of);
    }
    return all;
  }

  private static Map<String, Object> shown(Job job, StepRow step) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", job.id());
    all.put("step_key", step.key());
    all.put("name", step.label());
    all.put("state", job.state().wire());
    return all;
  }

  private void step(Node node) {
    Node group = node.group();
    if (node.uploader() != null) {
      found.add(node.uploader().row().id());
    }
    if (node.step().dependsOn().isEmpty()) {
      above(node);
      if (Barriers.block(node)) {
        steps.barriers().counted(node).forEach(this::whole);
      }
      if (group != null && group.step().dependsOn().isEmpty()) {
        above(group);
      }
    }
    node.named().forEach(this::whole);
    if (group != null) {
      group.named().forEach(this::whole);
    }
  }

  /// A step and what belongs to it: a group's members, everything above a wait.
  private void whole(Node node) {
    if (!found.add(node.row().id())) {
      return;
    }
    if (node.step() instanceof WaitStep) {
      steps.barriers().counted(node).forEach(this::whole);
    }
    node.members().forEach(this::whole);
  }

  private void above(Node node) {
    Node barrier = steps.barriers().above(node);
    if (barrier != null) {
      whole(barrier);
    }
  }
}
