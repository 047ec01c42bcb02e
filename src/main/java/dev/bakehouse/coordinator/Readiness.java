package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Dependency;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.WaitStep;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.Stream;

/// Which steps of a build may start, as it stands in docs/steps.md. A step with `depends_on` waits
/// for these steps only; another one for the last `wait` or `block` above it, and for the step that
/// uploaded it.
final class Readiness {
  /// What a step came to, or whether one may start.
  enum Mark {
    PENDING,
    GOOD,
    BAD,
    /// Cancelled by somebody: no allowance for failures makes it good.
    STOPPED;

    /// Tells a failure at once.
    Mark and(Mark other) {
      if (this == STOPPED || other == STOPPED) {
        return STOPPED;
      }
      return this == BAD || other == BAD ? BAD : this == PENDING ? PENDING : other;
    }

    /// Pending while either is, so that both have ended when it is told.
    Mark with(Mark other) {
      return this == PENDING || other == PENDING ? PENDING : and(other);
    }

    /// A failure that does not matter.
    Mark forgiven(boolean yes) {
      return yes && this == BAD ? GOOD : this;
    }
  }

  private final Steps steps;
  private final Barriers barriers;
  private final Map<String, Mark> ended = new HashMap<>();
  private final Map<String, Mark> ready = new HashMap<>();
  private final Map<String, Mark> waited = new HashMap<>();

  /// While a `wait` is decided: those it asked for.
  private @Nullable List<StepRow> asked;

  private final Map<String, Boolean> behind = new HashMap<>();

  /// @param jobs the latest attempts
  Readiness(Steps steps, List<Standing> jobs) {
    this.steps = steps;
    this.barriers = steps.barriers();
    for (Standing job : jobs) {
      ended.merge(job.step(), mark(job), Mark::with);
    }
  }

  private static Mark mark(Standing job) {
    if (!job.state().ended()) {
      return Mark.PENDING;
    }
    if (job.good()) {
      return Mark.GOOD;
    }
    return job.state() == JobState.CANCELED ? Mark.STOPPED : Mark.BAD;
  }

  /// GOOD: may start. BAD or STOPPED: never will.
  Mark of(StepRow row) {
    Mark known = ready.get(row.id());
    if (known == null) {
      known = ready(row);
      ready.put(row.id(), known);
    }
    return known;
  }

  /// A step on the way, with what is left of what it waits for.
  private record Visit(StepRow row, Iterator<StepRow> causes) {}

  /// Whether it waits, itself or by what it waits for, for a `block` that nobody has unblocked yet.
  /// Depth first, without recursion: chains may be thousands of steps long.
  boolean behindBlock(StepRow row) {
    Deque<Visit> path = new ArrayDeque<>();
    enter(row, path);
    while (!path.isEmpty()) {
      Visit visit = path.getLast();
      if (!visit.causes.hasNext()) {
        path.removeLast();
        continue;
      }
      StepRow cause = visit.causes.next();
      if (!holds(cause)) {
        continue;
      }
      if (Barriers.block(cause) || behind.getOrDefault(cause.id(), false)) {
        path.forEach(each -> behind.put(each.row.id(), true));
        path.clear();
      } else {
        enter(cause, path);
      }
    }
    return behind.getOrDefault(row.id(), false);
  }

  private void enter(StepRow row, Deque<Visit> path) {
    if (behind.putIfAbsent(row.id(), false) == null) {
      path.addLast(new Visit(row, causes(row).iterator()));
    }
  }

  /// What a step waits for: of a group that is named its members, and its own group as itself.
  private Stream<StepRow> causes(StepRow row) {
    boolean placed = row.step().dependsOn().isEmpty();
    StepRow group = steps.group(row);
    Stream<StepRow> causes =
        !placed
            ? steps.named(row)
            : row.step() instanceof WaitStep ? barriers.counted(row) : barriers.above(row).stream();
    causes = causes.flatMap(this::withoutGroup);
    return group != null && (placed || group.step().dependsOn().isPresent())
        ? Stream.concat(causes, Stream.of(group))
        : causes;
  }

  private Stream<StepRow> withoutGroup(StepRow row) {
    if (!(row.step() instanceof GroupStep)) {
      return Stream.of(row);
    }
    return row.omitted() ? Stream.empty() : steps.members(row).stream();
  }

  /// Whether who waits for a step does so still.
  private boolean holds(StepRow row) {
    return switch (row.step()) {
      case GroupStep group -> true;
      case WaitStep wait -> !row.omitted() && passed(row) == Mark.PENDING;
      default -> !row.omitted() && ended.getOrDefault(row.id(), Mark.GOOD) == Mark.PENDING;
    };
  }

  private Mark ready(StepRow row) {
    Step step = row.step();
    boolean forgiving = step.base().allowDependencyFailure();
    Mark mark;
    if (step.dependsOn().isPresent()) {
      mark = all(row, row);
    } else if (Barriers.block(row)) {
      mark = everythingBefore(row).and(implied(row)).and(uploader(row)).forgiven(forgiving);
    } else {
      mark = implied(row).and(uploader(row)).forgiven(forgiving);
    }
    StepRow group = steps.group(row);
    return group != null && group.step().dependsOn().isPresent() ? mark.and(all(group, row)) : mark;
  }

  /// What a step waits for because of its place.
  private Mark implied(StepRow row) {
    Mark mark = barriers.above(row).map(this::passed).orElse(Mark.GOOD);
    StepRow group = steps.group(row);
    return group != null && group.step().dependsOn().isEmpty() ? mark.and(implied(group)) : mark;
  }

  private Mark uploader(StepRow row) {
    String uploader = row.uploader();
    return uploader == null ? Mark.GOOD : ended.getOrDefault(uploader, Mark.GOOD);
  }

  /// What the `depends_on` of a step comes to.
  ///
  /// @param who waits: the step, or a member of this group
  private Mark all(StepRow row, StepRow who) {
    boolean forgiving = row.step().base().allowDependencyFailure();
    Mark mark = Mark.GOOD;
    for (Dependency need : row.step().dependsOn().orElse(List.of())) {
      for (StepRow other : steps.named(need)) {
        mark = mark.and(outcome(other, who).forgiven(forgiving || need.allowFailure()));
      }
    }
    return mark;
  }

  /// What a step has come to: its jobs, its members, what it uploaded.
  ///
  /// @param who asks; what has uploaded it can not wait for it
  private Mark outcome(StepRow row, StepRow who) {
    if (row.omitted()) {
      return Mark.GOOD;
    }
    if (row.step() instanceof WaitStep) {
      return passed(row);
    }
    Mark mark = ended.getOrDefault(row.id(), Mark.GOOD);
    for (StepRow member : steps.members(row)) {
      mark = mark.with(outcome(member, who));
    }
    if (!cameFrom(who, row)) {
      for (StepRow upload : steps.uploads(row)) {
        mark = mark.with(outcome(upload, who));
      }
    }
    return mark;
  }

  private boolean cameFrom(StepRow who, StepRow uploader) {
    for (String at = who.uploader(); at != null; at = steps.row(at).uploader()) {
      if (at.equals(uploader.id())) {
        return true;
      }
    }
    return false;
  }

  /// Whether a `wait` or `block` lets pass what comes behind it. Waits may name each other in
  /// chains of thousands: what one asks for that is not known yet is decided first, and then it
  /// again.
  private Mark passed(StepRow barrier) {
    if (!(barrier.step() instanceof WaitStep)) {
      return ended.getOrDefault(barrier.id(), Mark.GOOD);
    }
    Mark known = waited.get(barrier.id());
    if (known != null) {
      return known;
    }
    if (asked != null) {
      asked.add(barrier);
      return Mark.PENDING;
    }
    SequencedSet<StepRow> undecided = new LinkedHashSet<>(List.of(barrier));
    while (!undecided.isEmpty()) {
      StepRow last = undecided.getLast();
      asked = new ArrayList<>();
      Mark mark = waited(last, (WaitStep) last.step());
      // One that waits for itself in the end waits for ever: the scheduler sees that.
      if (!undecided.addAll(asked)) {
        waited.put(last.id(), mark);
        undecided.remove(last);
      }
    }
    asked = null;
    return waited.getOrDefault(barrier.id(), Mark.PENDING);
  }

  private Mark waited(StepRow row, WaitStep wait) {
    if (wait.dependsOn().isPresent()) {
      return all(row, row).forgiven(wait.continueOnFailure());
    }
    Mark before = everythingBefore(row);
    boolean forgiving = wait.continueOnFailure() || wait.base().allowDependencyFailure();
    // Behind a wait that failed nothing runs, whatever later waits allow.
    Mark mark = before.forgiven(forgiving);
    return mark == Mark.PENDING
        ? mark
        : mark.and(barriers.above(row).map(this::passed).orElse(Mark.GOOD));
  }

  private Mark everythingBefore(StepRow row) {
    return barriers.counted(row).map(other -> outcome(other, row)).reduce(Mark.GOOD, Mark::with);
  }
}
