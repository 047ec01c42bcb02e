package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.Steps.Node;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.WaitStep;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which steps of a build may start, as it stands in docs/steps.md. A step with `depends_on` waits
/// for these steps only; another one for the last `wait` or `block` above it, and for the step that
/// uploaded it.
final class Readiness {
  private final Barriers barriers;
  private final @Nullable Mark[] ended;
  private final @Nullable Mark[] ready;
  private final @Nullable Mark[] waited;

  /// While a `wait` is decided: those it asked for.
  private @Nullable List<Node> asked;

  private final @Nullable Boolean[] behind;

  /// Whether there is a `block` that nobody has unblocked.
  private boolean blocked;

  /// @param jobs the latest attempts
  Readiness(Steps steps, List<Standing> jobs) {
    int count = steps.count();
    barriers = steps.barriers();
    ended = new @Nullable Mark[count];
    ready = new @Nullable Mark[count];
    waited = new @Nullable Mark[count];
    behind = new @Nullable Boolean[count];
    for (Standing job : jobs) {
      Mark mark = ended(job.step()).with(mark(job));
      ended[job.step().index()] = mark;
      blocked |= mark == Mark.PENDING && Barriers.block(job.step());
    }
  }

  /// What the jobs of a step came to.
  private Mark ended(Node node) {
    Mark known = ended[node.index()];
    return known == null ? Mark.GOOD : known;
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
  Mark of(Node node) {
    Mark known = ready[node.index()];
    if (known == null) {
      known = ready(node);
      ready[node.index()] = known;
    }
    return known;
  }

  /// A step on the way, with what is left of what it waits for.
  private record Visit(Node node, Iterator<Node> causes) {}

  /// Whether it waits, itself or by what it waits for, for a `block` that nobody has unblocked yet.
  /// Depth first, without recursion: chains may be thousands of steps long.
  boolean behindBlock(Node node) {
    if (!blocked) {
      return false;
    }
    Deque<Visit> path = new ArrayDeque<>();
    enter(node, path);
    while (!path.isEmpty()) {
      Visit visit = path.getLast();
      if (!visit.causes.hasNext()) {
        path.removeLast();
        continue;
      }
      Node cause = visit.causes.next();
      if (!holds(cause)) {
        continue;
      }
      if (Barriers.block(cause) || known(cause)) {
        path.forEach(each -> behind[each.node.index()] = true);
        path.clear();
      } else {
        enter(cause, path);
      }
    }
    return known(node);
  }

  private boolean known(Node node) {
    return Boolean.TRUE.equals(behind[node.index()]);
  }

  private void enter(Node node, Deque<Visit> path) {
    if (behind[node.index()] == null) {
      behind[node.index()] = false;
      path.addLast(new Visit(node, causes(node).iterator()));
    }
  }

  /// What a step waits for: of a group that is named its members, and its own group as itself.
  private Stream<Node> causes(Node node) {
    boolean placed = node.step().dependsOn().isEmpty();
    Node group = node.group();
    Stream<Node> causes =
        !placed
            ? node.named()
            : node.step() instanceof WaitStep
                ? barriers.counted(node).stream()
                : Stream.ofNullable(barriers.above(node));
    causes = causes.flatMap(Readiness::withoutGroup);
    return group != null && (placed || group.step().dependsOn().isPresent())
        ? Stream.concat(causes, Stream.of(group))
        : causes;
  }

  private static Stream<Node> withoutGroup(Node node) {
    if (!(node.step() instanceof GroupStep)) {
      return Stream.of(node);
    }
    return node.omitted() ? Stream.empty() : node.members().stream();
  }

  /// Whether who waits for a step does so still.
  private boolean holds(Node node) {
    return switch (node.step()) {
      case GroupStep group -> true;
      case WaitStep wait -> !node.omitted() && passed(node) == Mark.PENDING;
      default -> !node.omitted() && ended(node) == Mark.PENDING;
    };
  }

  private Mark ready(Node node) {
    Step step = node.step();
    boolean forgiving = step.base().allowDependencyFailure();
    Mark mark;
    if (step.dependsOn().isPresent()) {
      mark = all(node, node);
    } else if (Barriers.block(node)) {
      mark = everythingBefore(node).and(implied(node)).and(uploader(node)).forgiven(forgiving);
    } else {
      mark = implied(node).and(uploader(node)).forgiven(forgiving);
    }
    Node group = node.group();
    return group != null && group.step().dependsOn().isPresent()
        ? mark.and(all(group, node))
        : mark;
  }

  /// What a step waits for because of its place.
  private Mark implied(Node node) {
    Mark mark = above(node);
    Node group = node.group();
    return group != null && group.step().dependsOn().isEmpty() ? mark.and(implied(group)) : mark;
  }

  private Mark above(Node node) {
    Node barrier = barriers.above(node);
    return barrier == null ? Mark.GOOD : passed(barrier);
  }

  private Mark uploader(Node node) {
    Node uploader = node.uploader();
    return uploader == null ? Mark.GOOD : ended(uploader);
  }

  /// What the `depends_on` of a step comes to.
  ///
  /// @param who waits: the step, or a member of this group
  private Mark all(Node node, Node who) {
    boolean forgiving = node.step().base().allowDependencyFailure();
    Mark mark = Mark.GOOD;
    for (Steps.Need need : node.needs()) {
      for (Node other : need.steps()) {
        mark = mark.and(outcome(other, who).forgiven(forgiving || need.allowFailure()));
      }
    }
    return mark;
  }

  /// What a step has come to: its jobs, its members, what it uploaded.
  ///
  /// @param who asks; what has uploaded it can not wait for it
  private Mark outcome(Node node, Node who) {
    if (node.omitted()) {
      return Mark.GOOD;
    }
    if (node.step() instanceof WaitStep) {
      return passed(node);
    }
    Mark mark = ended(node);
    for (Node member : node.members()) {
      mark = mark.with(outcome(member, who));
    }
    if (!cameFrom(who, node)) {
      for (Node upload : node.uploads()) {
        mark = mark.with(outcome(upload, who));
      }
    }
    return mark;
  }

  private static boolean cameFrom(Node who, Node uploader) {
    for (Node at = who.uploader(); at != null; at = at.uploader()) {
      if (at.equals(uploader)) {
        return true;
      }
    }
    return false;
  }

  /// Whether a `wait` or `block` lets pass what comes behind it. Waits may name each other in
  /// chains of thousands: what one asks for that is not known yet is decided first, and then it
  /// again.
  private Mark passed(Node barrier) {
    if (!(barrier.step() instanceof WaitStep)) {
      return ended(barrier);
    }
    Mark known = waited[barrier.index()];
    if (known != null) {
      return known;
    }
    if (asked != null) {
      asked.add(barrier);
      return Mark.PENDING;
    }
    SequencedSet<Node> undecided = new LinkedHashSet<>(List.of(barrier));
    Mark mark = Mark.PENDING;
    while (!undecided.isEmpty()) {
      Node last = undecided.getLast();
      asked = new ArrayList<>();
      mark = waited(last, (WaitStep) last.step());
      // One that waits for itself in the end waits for ever: the scheduler sees that.
      if (!undecided.addAll(asked)) {
        waited[last.index()] = mark;
        undecided.remove(last);
      }
    }
    asked = null;
    return mark;
  }

  private Mark waited(Node node, WaitStep wait) {
    if (wait.dependsOn().isPresent()) {
      return all(node, node).forgiven(wait.continueOnFailure());
    }
    Mark before = everythingBefore(node);
    boolean forgiving = wait.continueOnFailure() || wait.base().allowDependencyFailure();
    // Behind a wait that failed nothing runs, whatever later waits allow.
    Mark mark = before.forgiven(forgiving);
    return mark == Mark.PENDING ? mark : mark.and(above(node));
  }

  private Mark everythingBefore(Node barrier) {
    Mark mark = Mark.GOOD;
    for (Node other : barriers.counted(barrier)) {
      mark = mark.with(outcome(other, barrier));
    }
    return mark;
  }
}
