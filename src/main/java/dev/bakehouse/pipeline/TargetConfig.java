package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import java.util.Map;
import java.util.TreeMap;

/// One target of the configuration.
///
/// @param enabled whether its steps are generated
/// @param agents tags an agent must have
/// @param env variables of all its steps
public record TargetConfig(
    Target target, boolean enabled, Map<String, String> agents, Map<String, String> env) {
  static TargetConfig read(Target target, Section section) {
    TargetConfig config =
        new TargetConfig(
            target,
            section.flag("enabled", true),
            new TreeMap<>(section.has("agents") ? section.map("agents") : target.agents()),
            section.map("env"));
    section.close();
    return config;
  }

  TargetConfig enable(boolean on) {
    return new TargetConfig(target, on, agents, env);
  }
}
