package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import java.util.Map;
import java.util.Optional;

/// The step after all others, on the default branch or where `[release]` asks for it.
///
/// @param timeout minutes
public record ReleaseConfig(String command, Map<String, String> agents, int timeout) {
  private static final int TIMEOUT = 30;

  static Optional<ReleaseConfig> read(Section pipeline) {
    if (!pipeline.has("release")) {
      return Optional.empty();
    }
    Section section = pipeline.section("release");
    ReleaseConfig release =
        new ReleaseConfig(
            section
                .text("command")
                .orElseThrow(() -> section.error(null, "has no `command`", "Write what releases.")),
            section.map("agents"),
            section.number("timeout", TIMEOUT, 1, 24 * 60));
    section.close();
    return Optional.of(release);
  }
}
