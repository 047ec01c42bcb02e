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
/// @param measureTar whether each step's caches are packed and unpacked by `tar` and gzip as well,
///   to tell what that costs
/// @param s3Credentials file with credentials for an S3 store, written as `~/.aws/credentials`
/// @param artifactRetention how long Buildkite keeps artifacts, by its plan
public record CacheConfig(
    String store,
    StepRule rule,
    Duration retention,
    boolean measureTar,
    Optional<Path> s3Credentials,
    Duration artifactRetention) {
  private static final int DEFAULT_DAYS = 30;

  public static CacheConfig defaults() {
    return new CacheConfig(
        "",
        new StepRule(StepRule.DEFAULT_STEPS, Map.of()),
        Duration.ofDays(DEFAULT_DAYS),
        false,
        Optional.empty(),
        Duration.ofDays(DEFAULT_DAYS));
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
            section.flag("measure-tar", false),
            s3.text("credentials-file").map(Path::of),
            Duration.ofDays(artifacts.number("retention-days", DEFAULT_DAYS, 1, 3650)));
    List.of(s3, artifacts, section).forEach(Section::close);
    return config;
  }
}
