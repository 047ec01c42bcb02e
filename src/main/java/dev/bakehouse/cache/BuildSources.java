package dev.bakehouse.cache;

import dev.bakehouse.cache.Access.Read;
import dev.bakehouse.cache.PassedBuilds.Build;
import dev.bakehouse.cache.PassedBuilds.Job;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Sources by the state of their builds: in each readable scope, nearest scope first, the passed
/// build that is nearest by commit, else the newest, whose caches are all there and whole.
///
/// Only when no build has all of them, one is taken that never saved some kinds (an empty cache is
/// not saved); the two Zig caches are taken both or not at all.
public final class BuildSources implements Sources {
  private static final int BUILDS_ASKED = 30;
  private static final int CACHES_OPENED = 8;

  private final CacheStore store;
  private final PassedBuilds builds;
  private final Ancestry ancestry;
  private final StepRule rule;
  private final JobIdentity job;
  private final Access access;

  public BuildSources(
      CacheStore store,
      PassedBuilds builds,
      Ancestry ancestry,
      StepRule rule,
      JobIdentity job,
      Access access) {
    this.store = store;
    this.builds = builds;
    this.ancestry = ancestry;
    this.rule = rule;
    this.job = job;
    this.access = access;
  }

  private record Candidate(Scope scope, Build build) {
    String shown() {
      return "build " + build.number() + " of " + scope.ref().text();
    }

    Rejected rejected(Reason reason, String why) {
      return Rejected.of(shown(), build.id(), scope, reason, why);
    }
  }

  private record Flaw(Reason reason, String why) {}

  private record Partial(Candidate candidate, List<Kind> kinds) {}

  @Override
  public Selection select(Step step, List<Kind> kinds) {
    List<Rejected> rejected = new ArrayList<>();
    List<Partial> partials = new ArrayList<>();
    Map<String, List<Build>> asked = new HashMap<>();
    int opened = 0;
    for (Read read : access.reads()) {
      for (Candidate candidate : fit(read, step.key(), asked, rejected)) {
        if (opened++ == CACHES_OPENED) {
          rejected.add(
              Rejected.of(
                  "any older build",
                  "",
                  read.scope(),
                  Reason.ENOUGH_SEEN,
                  CACHES_OPENED + " were looked at"));
          return lesser(partials, step, rejected);
        }
        switch (open(candidate, step, kinds)) {
          case Archives.Complete found -> {
            return found(candidate, found, rejected);
          }
          case Archives.Damaged bad -> rejected.add(candidate.rejected(Reason.DAMAGED, bad.why()));
          case Archives.Incomplete some -> {
            rejected.add(candidate.rejected(Reason.NOT_SAVED, some.why()));
            partials.add(new Partial(candidate, some.rest(kinds)));
          }
        }
      }
    }
    return lesser(partials, step, rejected);
  }

  private Selection lesser(List<Partial> partials, Step step, List<Rejected> rejected) {
    for (Partial partial : partials) {
      if (!partial.kinds().isEmpty()
          && open(partial.candidate(), step, partial.kinds()) instanceof Archives.Complete found) {
        return found(partial.candidate(), found, rejected);
      }
    }
    return Selection.none(why(rejected), rejected);
  }

  private Archives.Result open(Candidate candidate, Step step, List<Kind> kinds) {
    return new Archives(store).open(candidate.scope(), candidate.build().id(), step, kinds);
  }

  private static Selection found(
      Candidate candidate, Archives.Complete found, List<Rejected> rejected) {
    String id = candidate.build().id();
    String names = String.join(", ", found.archives().keySet().stream().map(Kind::name).toList());
    return Selection.found(
        id, names + " from " + candidate.shown() + " (" + id + ")", found.archives(), rejected);
  }

  /// The builds of one scope that may be sources, best first.
  private List<Candidate> fit(
      Read read, String step, Map<String, List<Build>> asked, List<Rejected> rejected) {
    List<Build> recent = asked.get(read.branch());
    if (recent == null) {
      try {
        recent = builds.recent(read.branch(), BUILDS_ASKED);
      } catch (UserError e) {
        rejected.add(Rejected.of("builds of " + read.branch(), read.scope(), e));
        recent = List.of();
      }
      asked.put(read.branch(), recent);
    }
    List<Candidate> fit = new ArrayList<>();
    for (Build build : recent.stream().limit(BUILDS_ASKED).toList()) {
      Candidate candidate = new Candidate(read.scope(), build);
      if (read.holds(build.branch(), build.pull())) {
        flaw(build, step)
            .ifPresentOrElse(
                flaw -> rejected.add(candidate.rejected(flaw.reason(), flaw.why())),
                () -> fit.add(candidate));
      }
    }
    // Stable: builds of equal or unknown distance stay newest first.
    Map<Candidate, Integer> far = new HashMap<>();
    fit.forEach(c -> far.put(c, distance(c.build())));
    fit.sort(Comparator.comparing(c -> far.getOrDefault(c, Integer.MAX_VALUE)));
    return fit;
  }

  private Optional<Flaw> flaw(Build build, String step) {
    if (build.id().isEmpty()) {
      return Optional.of(new Flaw(Reason.UNREACHABLE, "its id was not told"));
    }
    if (build.id().equals(job.buildId())) {
      return Optional.of(new Flaw(Reason.THIS_BUILD, "it is this build"));
    }
    if (!build.state().equals("passed")) {
      String why = "it is not passed but " + build.state();
      return Optional.of(new Flaw(Reason.ofState(build.state()), why));
    }
    for (Job each : build.jobs()) {
      boolean makesCaches =
          !each.step().isEmpty() && (each.step().equals(step) || rule.isCacheStep(each.step()));
      if (makesCaches && !each.retried() && !passed(each)) {
        String why = "its step " + each.step() + " is not passed but " + state(each);
        return Optional.of(new Flaw(Reason.STEP_NOT_PASSED, why));
      }
    }
    return Optional.empty();
  }

  /// A step that had nothing to do is no flaw: whether its caches are there is seen in the store.
  private static boolean passed(Job job) {
    boolean idle = job.state().equals("skipped") || job.state().equals("broken");
    return idle || (job.state().equals("passed") && job.exit().orElse(0) == 0);
  }

  private static String state(Job job) {
    return job.exit().isPresent()
        ? job.state() + " (exit " + job.exit().getAsInt() + ")"
        : job.state();
  }

  private int distance(Build build) {
    return build.commit().isEmpty()
        ? Integer.MAX_VALUE
        : ancestry.distance(build.commit()).orElse(Integer.MAX_VALUE);
  }

  private String why(List<Rejected> rejected) {
    String looked =
        String.join(", ", access.reads().stream().map(r -> r.scope().ref().text()).toList());
    return "no cache found in "
        + looked
        + ": "
        + (rejected.isEmpty()
            ? "no earlier build; the first one that passes saves its caches"
            : "none of the earlier builds can be used");
  }
}
