package dev.bakehouse.cache;

import dev.bakehouse.config.Section;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The section `cache:` of `bakehouse.yml`.
///
/// @param store URL of the store; empty means the host's own directory
/// @param rule which steps take part
/// @param retention how long unused caches are kept
/// @param volumes bytes for cache volumes on the host; 0 for none
public record CacheConfig(String store, StepRule rule, Duration retention, long volumes) {
  private static final int DEFAULT_DAYS = 30;
  private static final int DEFAULT_GB = 64;
  private static final long GB = 1L << 30;

  public static CacheConfig defaults() {
    return new CacheConfig(
        "",
        new StepRule(StepRule.DEFAULT_STEPS, Map.of()),
        Duration.ofDays(DEFAULT_DAYS),
        DEFAULT_GB * GB);
  }

  /// @param section the mapping below `cache`; an empty one gives the defaults
  public static CacheConfig read(Section section) {
    Map<String, String> directories = section.map("directories");
    directories.forEach(Kind::directory);
    CacheConfig config =
        new CacheConfig(
            section.text("store", ""),
            new StepRule(section.texts("steps", StepRule.DEFAULT_STEPS), directories),
            Duration.ofDays(section.number("retention-days", DEFAULT_DAYS, 1, 3650)),
            volumes(section));
    section.close();
    return config;
  }

  /// `volumes: on`, `volumes: off` or `volumes: {budget-gb: N}`, where 0 means off.
  private static long volumes(Section section) {
    if (section.isWord("volumes")) {
      return section.choice("volumes", "on", List.of("on", "off")).equals("on")
          ? DEFAULT_GB * GB
          : 0;
    }
    Section volumes = section.section("volumes");
    long budget = volumes.number("budget-gb", DEFAULT_GB, 0, 1 << 20) * GB;
    volumes.close();
    return budget;
  }
}
