package dev.bakehouse.cache;

import dev.bakehouse.platform.Glob;
import java.nio.file.FileSystems;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/// Which caches a step restores and saves.
///
/// @param steps globs of the step keys that take part, from `cache.steps`
/// @param directories configured kinds, name to path, from `cache.directories`
public record StepRule(List<String> steps, Map<String, String> directories) {
  public static final List<String> DEFAULT_STEPS = List.of("*-build-*");
  private static final Set<String> TRUE = Set.of("ON", "TRUE", "YES", "Y", "1");

  public StepRule {
    steps = List.copyOf(steps);
    directories = Map.copyOf(directories);
  }

  /// What one step does.
  ///
  /// @param why in words, for the log
  public record Decision(Strategy strategy, List<Kind> kinds, String why) {
    public Decision {
      kinds = List.copyOf(kinds);
    }

    public List<Kind> restores() {
      return strategy.reads() ? kinds : List.of();
    }

    public List<Kind> saves() {
      return strategy.writes() ? kinds : List.of();
    }
  }

  /// @param stepKey empty for a step without one
  /// @param env the job's environment
  /// @throws dev.bakehouse.platform.UserError when a variable has an unknown value
  public Decision decide(String stepKey, Map<String, String> env) {
    Strategy strategy = Strategy.of(env);
    if (strategy == Strategy.DISABLED) {
      return new Decision(strategy, List.of(), disabledBy(env));
    }
    String kinds = env.getOrDefault("CACHE_KINDS", "");
    if (!kinds.isBlank()) {
      return new Decision(strategy, listed(kinds), "CACHE_KINDS=" + kinds);
    }
    if (!isCacheStep(stepKey) && env.getOrDefault("CACHE_STRATEGY", "").isEmpty()) {
      String step = stepKey.isEmpty() ? "a step without a key" : "the step `" + stepKey + "`";
      return new Decision(
          strategy, List.of(), step + " is none of cache.steps (" + String.join(", ", steps) + ")");
    }
    if (on("BUN_LINK_ONLY", env)) {
      return new Decision(strategy, List.of(), "BUN_LINK_ONLY=ON: linking makes no cache");
    }
    if (on("BUN_CPP_ONLY", env)) {
      return new Decision(strategy, List.of(Kind.CCACHE), "BUN_CPP_ONLY=ON");
    }
    return new Decision(
        strategy, List.of(Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL), "a build step: Zig by default");
  }

  /// The names of all kinds there are.
  public Set<String> known() {
    Set<String> names = new LinkedHashSet<>(directories.keySet());
    Kind.BUILT_IN.forEach(kind -> names.add(kind.name()));
    return names;
  }

  /// Whether a step key matches the configured globs, where `*` stands for anything but `/`.
  public boolean isCacheStep(String stepKey) {
    return steps.stream().anyMatch(glob -> Glob.matches(Glob.patterns(glob), stepKey));
  }

  static boolean isGlob(String text) {
    try {
      PathMatcher _ = FileSystems.getDefault().getPathMatcher("glob:" + text);
      return true;
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  private List<Kind> listed(String names) {
    Set<Kind> all = new LinkedHashSet<>();
    for (String name : names.split(",", -1)) {
      String kind = name.strip();
      if (!kind.isEmpty() && !kind.equals("none")) {
        all.add(Kind.named(kind, directories));
      }
    }
    return new ArrayList<>(all);
  }

  private static String disabledBy(Map<String, String> env) {
    String strategy = env.getOrDefault("CACHE_STRATEGY", "");
    return strategy.equals("disabled") || strategy.equals("none")
        ? "caches are disabled by CACHE_STRATEGY=" + strategy
        : "caches are disabled by BUILDKITE_CACHE=" + env.get("BUILDKITE_CACHE");
  }

  private static boolean on(String name, Map<String, String> env) {
    return TRUE.contains(env.getOrDefault(name, "").toUpperCase(Locale.ROOT));
  }
}
