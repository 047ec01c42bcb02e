package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The `pipeline:` part of `bakehouse.yml`.
///
/// @param fleet hosts, the image, and how steps find a host that has it
/// @param targets all described targets, enabled or not; without any, macOS on both processors
/// @param steps the kinds of steps the project has, at least one
/// @param release what comes after all targets
/// @param performance compares the benchmarks of each target's tests
/// @param commitStatus whether each target has a status on the commit
public record PipelineConfig(
    FleetConfig fleet,
    List<TargetConfig> targets,
    Map<StepKind, StepConfig> steps,
    Optional<ReleaseConfig> release,
    Optional<PerformanceConfig> performance,
    boolean commitStatus) {
  /// What only generating asks for.
  static final List<String> OTHER_KEYS =
      List.of("targets", "steps", "release", "performance", "commit-status", "reuse");

  /// @param file the whole file; other sections than `pipeline` are not looked at
  /// @throws dev.bakehouse.config.ConfigError with file, line and what is allowed there
  public static PipelineConfig read(Section file) {
    Section section = file.section("pipeline");
    FleetConfig fleet = FleetConfig.of(section);
    List<TargetConfig> targets = targets(section.section("targets"));
    boolean reuse = section.flag("reuse", true);
    Section list = section.section("steps");
    Map<StepKind, StepConfig> steps = new EnumMap<>(StepKind.class);
    for (StepKind kind : StepKind.values()) {
      if (list.has(kind.word())) {
        steps.put(kind, StepConfig.read(kind, list.section(kind.word()), reuse));
      }
    }
    list.close();
    Optional<ReleaseConfig> release = ReleaseConfig.read(section);
    Optional<PerformanceConfig> performance = PerformanceConfig.read(section);
    boolean commitStatus = section.flag("commit-status", false);
    section.close();
    if (steps.isEmpty()) {
      throw list.error(null, "has no step", "Describe vendor, cpp, zig, link or test below it.");
    }
    if (performance.isPresent() && !steps.containsKey(StepKind.TEST)) {
      throw section.error(
          "performance",
          "compares what tests measured, and there is no test",
          "Describe `steps.test`, or remove it.");
    }
    return new PipelineConfig(fleet, targets, steps, release, performance, commitStatus);
  }

  /// Whether each target begins with a step that prepares its VM image.
  public boolean imageStep() {
    return fleet.imageStep();
  }

  private static List<TargetConfig> targets(Section section) {
    List<TargetConfig> targets = new ArrayList<>();
    for (Target target : Target.ALL) {
      if (section.has(target.key())) {
        targets.add(TargetConfig.read(target, section.section(target.key())));
      }
    }
    section.close();
    if (targets.isEmpty()) {
      for (Target target : Target.ALL) {
        if (target.os().equals("darwin") && !target.baseline()) {
          targets.add(new TargetConfig(target, true, target.agents(), Map.of()));
        }
      }
    }
    return List.copyOf(targets);
  }

  /// Enables exactly these of the described targets.
  public PipelineConfig only(Collection<String> keys) {
    List<String> known = targets.stream().map(t -> t.target().key()).toList();
    for (String key : keys) {
      if (!known.contains(key)) {
        throw new UserError(
            "Could not generate steps for the target " + key + ": it is not described",
            "Use one of " + String.join(", ", known) + ", or add it to `pipeline.targets`.");
      }
    }
    return new PipelineConfig(
        fleet,
        targets.stream().map(t -> t.enable(keys.contains(t.target().key()))).toList(),
        steps,
        release,
        performance,
        commitStatus);
  }
}
