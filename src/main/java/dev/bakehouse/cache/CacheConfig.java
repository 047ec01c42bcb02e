package dev.bakehouse.cache;

import dev.bakehouse.config.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The section `cache:` of `bakehouse.yml`.
///
/// @param store URL of the store; empty means the host's own directory
/// @param rule which steps take part
/// @param retention how long unused caches are kept
/// @param budget bytes the store may take up, if there is a limit
/// @param measureTar whether each step's caches are packed and unpacked by `tar` and gzip as well,
///   to tell what that costs
/// @param s3Credentials file with credentials for an S3 store, written as `~/.aws/credentials`
/// @param plain whether jobs also save the documents' plain archives, see [PlainCaches]
/// @param artifactRetention how long Buildkite keeps artifacts, by its plan
/// @param volumes bytes for cache volumes on the host; 0 for none
public record CacheConfig(
    String store,
    StepRule rule,
    Duration retention,
    OptionalLong budget,
    boolean measureTar,
    Optional<Path> s3Credentials,
    boolean plain,
    Duration artifactRetention,
    long volumes) {
  private static final int DEFAULT_DAYS = 30;
  private static final int DEFAULT_GB = 64;
  private static final long GB = 1L << 30;

  /// The largest budget that can be given.
  public static final int MOST_GB = 1 << 20;

  /// What a budget in GB is in bytes.
  public static long bytes(int gb) {
    return gb * GB;
  }

  public static CacheConfig defaults() {
    return new CacheConfig(
        "",
        new StepRule(StepRule.DEFAULT_STEPS, Map.of()),
        Duration.ofDays(DEFAULT_DAYS),
        OptionalLong.empty(),
        false,
        Optional.empty(),
        false,
        Duration.ofDays(DEFAULT_DAYS),
        DEFAULT_GB * GB);
  }

  /// The same, and jobs save plain archives as well.
  public CacheConfig withPlain() {
    return new CacheConfig(
        store,
        rule,
        retention,
        budget,
        measureTar,
        s3Credentials,
        true,
        artifactRetention,
        volumes);
  }

  /// @param section the mapping below `cache`; an empty one gives the defaults
  public static CacheConfig read(Section section) {
    Map<String, String> directories = section.map("directories");
    directories.forEach(Kind::directory);
    List<String> steps = section.texts("steps", StepRule.DEFAULT_STEPS);
    for (String glob : steps) {
      if (!StepRule.isGlob(glob)) {
        throw section.error(
            "steps", "has `" + glob + "`, which is no glob", "Close its brackets and braces.");
      }
    }
    Section s3 = section.section("s3");
    Section artifacts = section.section("buildkite");
    CacheConfig config =
        new CacheConfig(
            section.text("store", ""),
            new StepRule(steps, directories),
            Duration.ofDays(section.number("retention-days", DEFAULT_DAYS, 1, 3650)),
            section.has("budget-gb")
                ? OptionalLong.of(bytes(section.number("budget-gb", 1, 1, MOST_GB)))
                : OptionalLong.empty(),
            section.flag("measure-tar", false),
            s3.text("credentials-file").map(Path::of),
            section.flag("plain", false),
            Duration.ofDays(artifacts.number("retention-days", DEFAULT_DAYS, 1, 3650)),
            volumes(section));
    if (config.budget().isPresent() && config.store().equals("buildkite:")) {
      throw section.error(
          "budget-gb",
          "can not be kept in the store `buildkite:`: nothing can be removed there",
          "Leave it out: artifacts go when Buildkite lets them expire.");
    }
    List.of(s3, artifacts, section).forEach(Section::close);
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
    long budget = volumes.number("budget-gb", DEFAULT_GB, 0, MOST_GB) * GB;
    volumes.close();
    return budget;
  }
}
