package dev.bakehouse.cache;

import dev.bakehouse.config.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The section `cache:` of `bakehouse.yml`.
///
/// @param store URL of the store; empty means the host's own directory
/// @param rule which steps take part
/// @param retention how long unused caches are kept
/// @param s3Credentials file with credentials for an S3 store, written as `~/.aws/credentials`
/// @param plain whether jobs also save the documents' plain archives, see [PlainCaches]
/// @param artifactRetention how long Buildkite keeps artifacts, by its plan
public record CacheConfig(
    String store,
    StepRule rule,
    Duration retention,
    Optional<Path> s3Credentials,
    boolean plain,
    Duration artifactRetention) {
  private static final int DEFAULT_DAYS = 30;

  public static CacheConfig defaults() {
    return new CacheConfig(
        "",
        new StepRule(StepRule.DEFAULT_STEPS, Map.of()),
        Duration.ofDays(DEFAULT_DAYS),
        Optional.empty(),
        false,
        Duration.ofDays(DEFAULT_DAYS));
  }

  /// The same, and jobs save plain archives as well.
  public CacheConfig withPlain() {
    return new CacheConfig(store, rule, retention, s3Credentials, true, artifactRetention);
  }

  /// @param section the mapping below `cache`; an empty one gives the defaults
  public static CacheConfig read(Section section) {
    Map<String, String> directories = section.map("directories");
    directories.forEach(Kind::directory);
    Section s3 = section.section("s3");
    Section artifacts = section.section("buildkite");
    CacheConfig config =
        new CacheConfig(
            section.text("store", ""),
            new StepRule(section.texts("steps", StepRule.DEFAULT_STEPS), directories),
            Duration.ofDays(section.number("retention-days", DEFAULT_DAYS, 1, 3650)),
            s3.text("credentials-file").map(Path::of),
            section.flag("plain", false),
            Duration.ofDays(artifacts.number("retention-days", DEFAULT_DAYS, 1, 3650)));
    List.of(s3, artifacts, section).forEach(Section::close);
    return config;
  }
}
