package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.Dependency;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which steps of a build may start. A step with `depends_on` waits for these steps only; another
/// one for everything before the last `wait` above it.
final class Readiness {
  /// What a step came to, or whether one may start.
  enum Mark {
    PENDING,
    GOOD,
    BAD;

    Mark and(Mark other) {
      return this == BAD || other == BAD ? BAD : this == PENDING ? PENDING : other;
    }

    /// A failure that does not matter.
    Mark forgiven() {
      return this == BAD ? GOOD : this;
    }
  }

  private final List<StepRow> steps;
  private final Map<String, Mark> outcomes = new HashMap<>();
  private final Map<String, CommandStep> commands = new HashMap<>();

  /// @param jobs the latest attempts
  Readiness(List<StepRow> steps, List<Job> jobs) {
    this.steps = steps;
    for (StepRow step : steps) {
      if (step.kind().equals(StepRow.COMMAND)) {
        commands.put(step.id(), step.command());
        outcomes.put(step.id(), outcome(step.id(), jobs));
      }
    }
  }

  /// GOOD: may start. BAD: never will.
  Mark of(String id) {
    StepRow step = row(id);
    CommandStep command = command(id);
    StepRow group = step.parent() == null ? null : row(step.parent());
    StepRow.Marks marks = group == null ? null : group.marks();
    Mark mark;
    if (command.dependsOn().isPresent()) {
      mark = all(command.dependsOn().get(), command.allowDependencyFailure());
    } else {
      mark = barrier(step, step.parent());
      if (group != null && marks != null && !marks.explicit()) {
        mark = mark.and(barrier(group, null));
      }
      mark = command.allowDependencyFailure() ? mark.forgiven() : mark;
    }
    if (marks != null) {
      mark = mark.and(all(marks.dependsOn(), marks.allowDependencyFailure()));
    }
    return mark;
  }

  boolean skipped(String id) {
    return command(id).skip();
  }

  private Mark all(List<Dependency> needs, boolean allowFailure) {
    Mark mark = Mark.GOOD;
    for (Dependency need : needs) {
      for (StepRow step : steps) {
        if (need.step().equals(step.key())) {
          Mark one = outcome(step);
          mark = mark.and(allowFailure || need.allowFailure() ? one.forgiven() : one);
        }
      }
    }
    return mark;
  }

  /// What a step's key stands for: its jobs, its members, or all that it waits for.
  private Mark outcome(StepRow step) {
    if (step.kind().equals(StepRow.COMMAND)) {
      return outcomes.getOrDefault(step.id(), Mark.GOOD);
    }
    if (step.kind().equals(StepRow.WAIT)) {
      return waited(step, step.parent());
    }
    List<Mark> members = new ArrayList<>();
    for (StepRow member : steps) {
      if (step.id().equals(member.parent()) && member.kind().equals(StepRow.COMMAND)) {
        members.add(outcome(member));
      }
    }
    return done(members);
  }

  /// The last `wait` above a step on its own level.
  private Mark barrier(StepRow step, @Nullable String level) {
    StepRow last = null;
    for (StepRow other : steps) {
      boolean above = other.position() < step.position();
      if (above && other.kind().equals(StepRow.WAIT) && same(level, other.parent())) {
        last = other;
      }
    }
    return last == null ? Mark.GOOD : waited(last, level);
  }

  /// All commands above a `wait`; inside a group those of the group.
  private Mark waited(StepRow wait, @Nullable String level) {
    List<Mark> before = new ArrayList<>();
    for (StepRow other : steps) {
      boolean inside = level == null || level.equals(other.parent());
      if (other.position() < wait.position() && inside && outcomes.containsKey(other.id())) {
        before.add(outcomes.getOrDefault(other.id(), Mark.GOOD));
      }
    }
    Mark mark = done(before);
    return wait.marks().goOn() ? mark.forgiven() : mark;
  }

  /// Pending while any is, so that all have ended when it is told.
  private static Mark done(List<Mark> marks) {
    if (marks.contains(Mark.PENDING)) {
      return Mark.PENDING;
    }
    return marks.contains(Mark.BAD) ? Mark.BAD : Mark.GOOD;
  }

  private static Mark outcome(String step, List<Job> jobs) {
    List<Mark> marks = new ArrayList<>();
    for (Job job : jobs) {
      if (job.step().equals(step)) {
        marks.add(!job.state().ended() ? Mark.PENDING : job.good() ? Mark.GOOD : Mark.BAD);
      }
    }
    return done(marks);
  }

  private static boolean same(@Nullable String a, @Nullable String b) {
    return a == null ? b == null : a.equals(b);
  }

  private StepRow row(String id) {
    return steps.stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow();
  }

  private CommandStep command(String id) {
    CommandStep command = commands.get(id);
    if (command == null) {
      throw new IllegalStateException("Step " + id + " has no command");
    }
    return command;
  }
}
