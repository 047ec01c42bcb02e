package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the `pipeline:` part of `bakehouse.yml` says of hosts and of the steps they take.
///
/// @param owns a step whose agents have all tags of one entry is this installation's
/// @param hosts what hosts there are; empty when nobody wrote it down
/// @param affinity empty when nothing is said: then steps are generated without tags of readiness
/// @param image name of the image steps need; without it, any that is ready
/// @param imageStep whether a step prepares it
public record FleetConfig(
    List<Map<String, String>> owns,
    List<HostTags> hosts,
    Optional<Affinity> affinity,
    Optional<String> image,
    boolean imageStep) {
  private static final List<Map<String, String>> MACS =
      List.of(Map.of("os", "darwin"), Map.of("os", "macos"), Map.of("queue", "darwin"));

  /// What holds without a configuration: all macOS steps, no host known.
  public static final FleetConfig DEFAULT =
      new FleetConfig(MACS, List.of(), Optional.empty(), Optional.empty(), true);

  public FleetConfig {
    owns = List.copyOf(owns);
    hosts = List.copyOf(hosts);
  }

  /// @param file the whole file; its `pipeline` part need not describe steps
  /// @throws dev.bakehouse.config.ConfigError with file, line and what is allowed there
  public static FleetConfig read(Section file) {
    Section section = file.section("pipeline");
    FleetConfig fleet = of(section);
    PipelineConfig.OTHER_KEYS.forEach(section::has);
    section.close();
    return fleet;
  }

  static FleetConfig of(Section pipeline) {
    List<Map<String, String>> owns = new ArrayList<>();
    for (Section rule : pipeline.sections("owns")) {
      Map<String, String> tags = new LinkedHashMap<>();
      rule.keys().forEach(tag -> tags.put(tag, rule.text(tag, "")));
      if (tags.isEmpty()) {
        throw rule.error(null, "has no tag", "Write tags such as `os: darwin`, or remove it.");
      }
      owns.add(tags);
    }
    List<HostTags> hosts = new ArrayList<>();
    Section written = pipeline.section("hosts");
    for (String name : written.keys()) {
      hosts.add(HostTags.of(name, written.lists(name)));
    }
    return new FleetConfig(
        owns.isEmpty() ? MACS : owns,
        hosts,
        pipeline.has("affinity")
            ? Optional.of(Affinity.of(pipeline.choice("affinity", "", Affinity.words())))
            : Optional.empty(),
        pipeline.text("image"),
        pipeline.flag("image-step", true));
  }

  public FleetConfig with(Affinity other) {
    return new FleetConfig(owns, hosts, Optional.of(other), image, imageStep);
  }

  /// Whether hosts of this installation are to run a step.
  ///
  /// @param agents what an agent of the step must have
  public boolean owns(Map<String, String> agents) {
    return owns.stream().anyMatch(tags -> agents.entrySet().containsAll(tags.entrySet()));
  }

  /// Whether it can be told which hosts may run a step: it is for hosts that are described.
  boolean judges(Map<String, String> agents) {
    String queue = agents.getOrDefault("queue", "default");
    boolean ours = owns(agents) || hosts.stream().anyMatch(h -> h.hasQueue(queue));
    // A matrix puts its values in later.
    return ours && !hosts.isEmpty() && agents.values().stream().noneMatch(v -> v.contains("{{"));
  }

  List<String> hostsFor(Map<String, String> agents) {
    return hosts.stream().filter(h -> h.satisfies(agents)).map(HostTags::name).toList();
  }
}
