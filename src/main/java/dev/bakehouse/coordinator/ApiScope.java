package dev.bakehouse.coordinator;

import java.util.Locale;

/// What a token of `/v2` may do, in Buildkite's words.
public enum ApiScope {
  READ_ORGANIZATIONS,
  READ_PIPELINES,
  WRITE_PIPELINES,
  READ_BUILDS,
  WRITE_BUILDS,
  READ_BUILD_LOGS,
  READ_JOB_ENV,
  READ_ARTIFACTS,
  READ_AGENTS,
  WRITE_AGENTS;

  /// For example `read_builds`.
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
