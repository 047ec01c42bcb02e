package dev.bakehouse.tests;

import dev.bakehouse.tests.TestRun.Failing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/// A test that failed and passed with nothing changed in between: in one job, or in two jobs of one
/// commit. What a quarantine let pass is listed with them.
///
/// @param step the step's key
/// @param test the file or class
/// @param name its name therein
/// @param shard the parallel job in which it failed last, from 0
/// @param failed in how many runs it failed, were it only at first
/// @param runs how many there were
/// @param first number of the first build in which it failed, of those looked at; as `last`
/// @param quarantined whether it failed last in a quarantine
public record FlakyTest(
    String step,
    String test,
    String name,
    int shard,
    int failed,
    int runs,
    int first,
    int last,
    boolean quarantined) {
  /// A build that has not begun may still be of `HEAD`.
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40,64}");

  /// Any job of a build can write such, with anything left out.
  public FlakyTest {
    step = Objects.requireNonNullElse(step, "");
    test = Objects.requireNonNullElse(test, "");
    name = Objects.requireNonNullElse(name, "");
  }

  /// A job's tests, and which build it was in.
  public record Seen(int build, String commit, TestRun run) {}

  private record Case(String step, String test, String name) {}

  /// @param failed all that failed, were it only at first
  private record Run(Seen seen, Set<Case> failed, Set<Case> flaky, Set<Case> soft) {
    static Run of(Seen seen) {
      TestRun run = seen.run();
      Set<Case> flaky = cases(run, run.flaky());
      Set<Case> soft = cases(run, run.quarantined());
      Set<Case> failed = cases(run, run.failed());
      failed.addAll(flaky);
      failed.addAll(soft);
      return new Run(seen, failed, flaky, soft);
    }

    private static Set<Case> cases(TestRun run, List<Failing> failing) {
      Set<Case> cases = new LinkedHashSet<>();
      failing.forEach(f -> cases.add(new Case(run.step(), f.test(), f.name())));
      return cases;
    }

    boolean has(Case test) {
      return seen.run().step().equals(test.step()) && seen.run().times().containsKey(test.test());
    }

    /// Whether a test passed here that failed in another run of the same commit. Of one build, only
    /// the same shard counts: shards may have parts of one file.
    boolean passed(Case test, Run other) {
      boolean same =
          seen.build() == other.seen.build()
              ? seen.run().shard() == other.seen.run().shard()
              : COMMIT.matcher(seen.commit()).matches()
                  && seen.commit().equals(other.seen.commit());
      return same && !failed.contains(test);
    }
  }

  /// @param history in any order
  /// @return those that failed most first
  public static List<FlakyTest> of(List<Seen> history) {
    List<Run> seen =
        history.stream().sorted(Comparator.comparingInt(Seen::build)).map(Run::of).toList();
    Map<Case, List<Run>> failed = new LinkedHashMap<>();
    seen.forEach(
        run ->
            run.failed()
                .forEach(test -> failed.computeIfAbsent(test, _ -> new ArrayList<>()).add(run)));
    Map<Case, List<Run>> ran = new HashMap<>();
    List<FlakyTest> flaky = new ArrayList<>();
    failed.forEach(
        (test, bad) -> {
          List<Run> all =
              ran.computeIfAbsent(
                  new Case(test.step(), test.test(), ""),
                  unit -> seen.stream().filter(run -> run.has(unit)).toList());
          if (bad.getLast().soft().contains(test)
              || bad.stream().anyMatch(run -> run.flaky().contains(test))
              || bad.stream().anyMatch(b -> all.stream().anyMatch(run -> run.passed(test, b)))) {
            flaky.add(of(test, bad, all.size()));
          }
        });
    flaky.sort(
        Comparator.comparingInt(FlakyTest::failed)
            .reversed()
            .thenComparing(FlakyTest::test)
            .thenComparing(FlakyTest::name)
            .thenComparing(FlakyTest::step));
    return flaky;
  }

  private static FlakyTest of(Case test, List<Run> bad, int runs) {
    Run last = bad.getLast();
    return new FlakyTest(
        test.step(),
        test.test(),
        test.name(),
        last.seen().run().shard(),
        bad.size(),
        Math.max(bad.size(), runs),
        bad.getFirst().seen().build(),
        last.seen().build(),
        last.soft().contains(test));
  }
}
