package dev.bakehouse.pipeline;

import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.pipeline.GeneratedPipeline.SoftStatus;
import dev.bakehouse.pipeline.GeneratedPipeline.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The steps of one target.
final class TargetSteps {
  /// Tells a step's command which target it works for.
  static final String TARGET = "BAKEHOUSE_TARGET";

  private static final String IMAGE_SUFFIX = "image";

  private final PipelineConfig config;
  private final BuildFacts facts;
  private final TargetConfig target;
  private final Optional<Affinity> affinity;

  TargetSteps(PipelineConfig config, BuildFacts facts, TargetConfig target) {
    this.config = config;
    this.facts = facts;
    this.target = target;
    this.affinity = config.fleet().affinity();
  }

  /// Whether the build's options leave a kind of step in.
  static boolean wanted(StepKind kind, BuildFacts facts) {
    return !facts.has(kind == StepKind.TEST ? BuildOption.SKIP_TESTS : BuildOption.SKIP_BUILDS);
  }

  /// @param host where they are bound to one; the image step has run there then
  List<Step> all(Optional<String> host) {
    List<Step> steps = work(host);
    if (host.isEmpty()) {
      if (imageStep()) {
        steps.addFirst(first(imageCommand()));
      }
      List<String> keys = keys(steps);
      status(keys, keys).ifPresent(steps::add);
    }
    return steps;
  }

  private static List<String> keys(List<Step> steps) {
    return steps.stream().map(Step::key).toList();
  }

  private List<Step> work(Optional<String> host) {
    List<Step> steps = new ArrayList<>();
    for (StepConfig step : config.steps().values()) {
      if (wanted(step.kind(), facts)) {
        steps.add(step(step, host));
      }
    }
    config
        .performance()
        .filter(p -> wanted(StepKind.TEST, facts))
        .ifPresent(p -> steps.add(comparison(p)));
    return steps;
  }

  /// Prepares the image, then uploads the target's other steps bound to the host it ran on. What
  /// depends on it waits for them, too.
  List<Step> preparation() {
    String upload = "bakehouse pipeline upload --target " + target.target().key() + " --pin";
    List<Step> steps = new ArrayList<>();
    steps.add(first(imageStep() ? imageCommand() + "\n" + upload : upload));
    List<String> keys = new ArrayList<>(keys(steps));
    keys.addAll(keys(work(Optional.of(""))));
    status(keys(steps), keys).ifPresent(steps::add);
    return steps;
  }

  /// @param after what it waits for
  /// @param keys whose outcomes it tells
  private Optional<Step> status(List<String> after, List<String> keys) {
    return config.commitStatus()
        ? Optional.of(
            make(
                    "status",
                    StatusStep.COMMAND + target.target().key(),
                    target.agents(),
                    env(Map.of(StatusStep.STEPS, String.join(",", keys))),
                    after,
                    List.of(),
                    null,
                    StatusStep.TIMEOUT,
                    List.of())
                .whateverHappened())
        : Optional.empty();
  }

  /// Any host of the target may run it: it needs neither image nor VM.
  private Step comparison(PerformanceConfig performance) {
    String tests = key(StepKind.TEST.suffix());
    return make(
        "performance",
        PerformanceConfig.COMMAND,
        target.agents(),
        env(Map.of(PerformanceConfig.STEP, tests)),
        List.of(tests),
        List.of(),
        null,
        performance.timeout(),
        List.of(new SoftStatus(PerformanceConfig.REGRESSED)));
  }

  private boolean imageStep() {
    return config.imageStep() || facts.has(BuildOption.BUILD_IMAGES);
  }

  private String imageCommand() {
    return ImageStep.COMMAND + (facts.has(BuildOption.BUILD_IMAGES) ? " --force-refresh" : "");
  }

  /// The step that any host of the target may run, with its image or without.
  private Step first(String command) {
    Map<String, String> own = new LinkedHashMap<>();
    if (facts.has(BuildOption.PUBLISH_IMAGES)) {
      own.put("BAKEHOUSE_PUBLISH_IMAGES", "true");
    }
    if (facts.asked()) {
      own.put(BuildFacts.ASKED, "asked");
    }
    return make(
        IMAGE_SUFFIX,
        command,
        target.agents(),
        env(own),
        List.of(),
        List.of(),
        null,
        ImageStep.TIMEOUT,
        List.of());
  }

  private Step step(StepConfig step, Optional<String> host) {
    Map<String, String> own = new LinkedHashMap<>();
    if (facts.has(BuildOption.FORCE_BUILDS)) {
      own.put("BAKEHOUSE_FORCE_BUILDS", "true");
    }
    if (facts.has(BuildOption.SKIP_BUILDS)) {
      own.put("BAKEHOUSE_ONLY_TESTS", "true");
    }
    if (!step.inputs().isEmpty()) {
      own.put(StepConfig.INPUTS, String.join(" ", step.inputs()));
    }
    own.putAll(step.env());
    return make(
        step.kind().suffix(),
        step.command(),
        agents(host),
        env(own),
        dependsOn(step.kind(), host),
        artifacts(step),
        step.parallelism() == 1 ? null : step.parallelism(),
        step.timeout(),
        List.of());
  }

  /// Tests upload what is compared, too.
  private List<String> artifacts(StepConfig step) {
    List<String> paths = new ArrayList<>(step.artifacts());
    config
        .performance()
        .map(PerformanceConfig::file)
        .filter(file -> step.kind() == StepKind.TEST && !paths.contains(file))
        .ifPresent(paths::add);
    return paths;
  }

  private Map<String, String> agents(Optional<String> host) {
    Map<String, String> agents = new LinkedHashMap<>(target.agents());
    if (affinity.isPresent()) {
      agents.put(AgentRules.READY, "true");
      config.fleet().image().ifPresent(image -> agents.put(AgentRules.IMAGE, image));
    }
    host.ifPresent(name -> agents.put(AgentRules.HOST, name));
    return agents;
  }

  private List<String> dependsOn(StepKind kind, Optional<String> host) {
    List<String> keys = new ArrayList<>();
    if (imageStep() || host.isPresent()) {
      keys.add(key(IMAGE_SUFFIX));
    }
    for (StepKind before : kind.after()) {
      if (config.steps().containsKey(before) && wanted(before, facts)) {
        keys.add(key(before.suffix()));
      }
    }
    return keys;
  }

  private Map<String, String> env(Map<String, String> own) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put(TARGET, target.target().key());
    env.putAll(target.env());
    env.putAll(own);
    return env;
  }

  private Step make(
      String suffix,
      String command,
      Map<String, String> agents,
      Map<String, String> env,
      List<String> dependsOn,
      List<String> artifacts,
      @Nullable Integer parallelism,
      int timeout,
      List<SoftStatus> softFail) {
    boolean group = affinity.filter(Affinity.GROUP::equals).isPresent();
    return new Step(
        key(suffix),
        target.target().key() + " - " + suffix,
        command,
        agents,
        env,
        dependsOn,
        null,
        artifacts,
        parallelism,
        timeout,
        facts.priority().orElse(null),
        facts.mergeQueue() ? Boolean.TRUE : null,
        group ? 1 : null,
        group ? target.target().key() : null,
        softFail,
        ImageStep.RETRY);
  }

  private String key(String suffix) {
    return target.target().key() + "-" + suffix;
  }
}
