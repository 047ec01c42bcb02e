package dev.bakehouse.tests;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What one job told of its tests, as its build keeps it: the artifact `bakehouse-tests/JOB.json`.
/// Who reads it there finds more in it than is read here (docs/tests.md).
///
/// @param step the step's key, or empty
/// @param shard which of `shards` parallel jobs it was, from 0
/// @param passed whether the job passed
/// @param times milliseconds of each file or class with tests
/// @param failed tests that failed and did not pass when they were run again
/// @param flaky tests that failed and then passed
/// @param quarantined tests that failed and were allowed to
public record TestRun(
    String step,
    int shard,
    int shards,
    boolean passed,
    Map<String, Integer> times,
    List<Failing> failed,
    List<Failing> flaky,
    List<Failing> quarantined) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// Of what a job may tell.
  static final int UNITS = 50_000;

  static final int CASES = 1_000;

  /// Of one such artifact, in bytes.
  public static final int LIMIT = 8 << 20;

  /// Where the artifacts lie in a build.
  public static final String DIRECTORY = "bakehouse-tests";

  private static final Pattern PATH = Pattern.compile(DIRECTORY + "/[0-9a-f-]{36}\\.json");

  /// One test that failed.
  ///
  /// @param test the file or class
  /// @param name its name therein
  /// @param times how often it failed in the job
  public record Failing(String test, String name, int times) {
    /// Any job can write such an artifact, with anything left out.
    public Failing {
      test = Objects.requireNonNullElse(test, "");
      name = Objects.requireNonNullElse(name, "");
      times = Math.max(1, times);
    }
  }

  public TestRun {
    step = Objects.requireNonNullElse(step, "");
    times = sound(times);
    failed = sound(failed);
    flaky = sound(flaky);
    quarantined = sound(quarantined);
  }

  private static Map<String, Integer> sound(@Nullable Map<String, Integer> raw) {
    Map<String, Integer> times = new TreeMap<>();
    Objects.requireNonNullElse(raw, Map.<String, Integer>of())
        .forEach(
            (unit, ms) -> {
              if (ms != null && ms >= 0 && times.size() < UNITS && !unit.contains("\n")) {
                times.put(unit, ms);
              }
            });
    return Map.copyOf(times);
  }

  private static List<Failing> sound(@Nullable List<Failing> raw) {
    return Objects.requireNonNullElse(raw, List.<Failing>of()).stream()
        .filter(Objects::nonNull)
        .limit(CASES)
        .toList();
  }

  /// The path of a job's artifact.
  public static String path(String job) {
    return DIRECTORY + "/" + job + ".json";
  }

  /// Whether an artifact's path is that of a job's.
  public static boolean isPath(@Nullable String path) {
    return path != null && PATH.matcher(path).matches();
  }

  /// Whether it tells nothing.
  public boolean empty() {
    return times.isEmpty() && failed.isEmpty() && flaky.isEmpty() && quarantined.isEmpty();
  }

  public byte[] json() {
    return JSON.writeValueAsBytes(this);
  }

  /// @throws UserError when it is none
  public static TestRun read(byte[] json) {
    try {
      TestRun run = JSON.readValue(json, TestRun.class);
      if (run != null) {
        return run;
      }
      throw new UserError("Results of tests are `null`", "A job wrote them; nothing else is lost.");
    } catch (JacksonException e) {
      throw new UserError(
          "Results of tests can not be read: " + e.getOriginalMessage(),
          "A job wrote them; nothing else is lost.",
          e);
    }
  }
}
