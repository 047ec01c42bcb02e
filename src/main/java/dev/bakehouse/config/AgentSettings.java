package dev.bakehouse.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The `agent:` section of a host: the Buildkite agents it supervises.
///
/// @param binary program name or path of `buildkite-agent`
/// @param endpoint base address of the agent API
/// @param tokenFile file with the registration token
/// @param tags what the agents register with, `queue` among them
/// @param cancelGrace seconds a cancelled job has to end by itself
public record AgentSettings(
    String binary,
    String endpoint,
    Optional<Path> tokenFile,
    Map<String, String> tags,
    int cancelGrace) {
  private static final String BUILDKITE = "https://agent-edge.buildkite.com/v3";

  /// @throws ConfigError with file, line and what is allowed there
  public static AgentSettings read(Section section) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("queue", "default");
    tags.putAll(section.map("tags"));
    AgentSettings settings =
        new AgentSettings(
            section.text("binary", "buildkite-agent"),
            WebAddress.of(section, "endpoint", section.text("endpoint", BUILDKITE)).toString(),
            section.text("token-file").map(Path::of),
            tags,
            section.number("cancel-grace-seconds", 10, 2, 3600));
    section.close();
    return settings;
  }
}
