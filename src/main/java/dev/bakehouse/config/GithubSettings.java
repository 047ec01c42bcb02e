package dev.bakehouse.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// The `github:` section of a host: who sets the statuses of commits. See docs/pipelines.md.
///
/// @param api base address of the REST API; `https://HOST/api/v3` of an own server
/// @param tokenFile file with the token
/// @param context what statuses' names begin with. The host says it and not the commit: a pull
///   request could report for others
public record GithubSettings(URI api, Optional<Path> tokenFile, String context) {
  private static final String API = "https://api.github.com";

  /// @throws ConfigError with file, line and what is allowed there
  public static GithubSettings read(Section section) {
    GithubSettings settings =
        new GithubSettings(
            WebAddress.of(section, "api", section.text("api", API)),
            section.text("token-file").map(Path::of),
            section.text("context", "bakehouse"));
    section.close();
    if (!settings.context().matches("[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}")) {
      throw section.error(
          "context",
          "must be letters, digits, spaces, `.`, `_`, `/` and `-`, 100 at most",
          "Choose a name like `bakehouse`.");
    }
    return settings;
  }
}
