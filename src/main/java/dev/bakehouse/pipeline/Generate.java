package dev.bakehouse.pipeline;

import dev.bakehouse.pipeline.GeneratedPipeline.Block;
import dev.bakehouse.pipeline.GeneratedPipeline.Choice;
import dev.bakehouse.pipeline.GeneratedPipeline.Entry;
import dev.bakehouse.pipeline.GeneratedPipeline.Group;
import dev.bakehouse.pipeline.GeneratedPipeline.Input;
import dev.bakehouse.pipeline.GeneratedPipeline.Select;
import dev.bakehouse.pipeline.GeneratedPipeline.Step;
import dev.bakehouse.pipeline.GeneratedPipeline.Wait;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes a pipeline from its configuration: a group for every enabled target, in it (vendor, cpp
/// and zig side by side), then link, then tests, then the comparison of what they measured, all
/// after the image step when there is one.
public final class Generate {
  private static final String APPROVAL = "approval";

  private static final int UPLOAD_TIMEOUT = 10;

  private final PipelineConfig config;
  private final BuildFacts facts;

  private Generate(PipelineConfig config, BuildFacts facts) {
    this.config = config;
    this.facts = facts;
  }

  /// For a build nothing is known of.
  public static GeneratedPipeline pipeline(PipelineConfig config) {
    return pipeline(config, BuildFacts.NONE);
  }

  /// @return without steps when the commit wants nothing built; an input step and one that goes on
  ///   from there when people are to be asked
  /// @throws UserError when no target is enabled, or nothing is left to do: an empty pipeline would
  ///   pass without a test
  public static GeneratedPipeline pipeline(PipelineConfig config, BuildFacts facts) {
    Generate generate = new Generate(config, facts);
    if (facts.has(BuildOption.SKIP_CI)) {
      return new GeneratedPipeline(List.of());
    }
    generate.insistOnWork();
    return new GeneratedPipeline(facts.ask() ? generate.question() : generate.steps());
  }

  /// The rest of a target whose preparation runs on a host, bound to that host.
  ///
  /// @throws UserError when the configuration binds no steps, or the host is not known
  public static GeneratedPipeline pinned(PipelineConfig config, BuildFacts facts) {
    if (config.fleet().affinity().filter(Affinity::pins).isEmpty()) {
      throw new UserError(
          "Could not bind steps to a host: `pipeline.affinity` is neither host nor group",
          "Set it, or upload without --pin.");
    }
    Generate generate = new Generate(config, facts);
    generate.insistOnWork();
    Optional<String> host = Optional.of(facts.needHost());
    List<Entry> groups = new ArrayList<>();
    for (TargetConfig target : generate.enabled()) {
      groups.add(group(target, List.of(), new TargetSteps(config, facts, target).all(host)));
    }
    return new GeneratedPipeline(groups);
  }

  private List<TargetConfig> enabled() {
    return config.targets().stream().filter(TargetConfig::enabled).toList();
  }

  private void insistOnWork() {
    if (enabled().isEmpty()) {
      throw new UserError(
          "Could not generate the pipeline: no target is enabled",
          "Set `enabled: true` for one below `pipeline.targets`.");
    }
    if (config.steps().keySet().stream().noneMatch(kind -> TargetSteps.wanted(kind, facts))) {
      throw new UserError(
          "Could not generate the pipeline: the options "
              + facts.options().stream().map(BuildOption::word).sorted().toList()
              + " leave no step",
          "Take one of them out of the commit message, or use [skip ci].");
    }
  }

  private List<Entry> steps() {
    List<Entry> all = new ArrayList<>();
    if (facts.fork()) {
      all.add(
          new Block(
              ":lock: Build commits of a fork?",
              APPROVAL,
              "These commits are from outside. Look at them first: the build runs what they say.",
              "running"));
    }
    boolean pins = config.fleet().affinity().filter(Affinity::pins).isPresent();
    for (TargetConfig target : enabled()) {
      TargetSteps steps = new TargetSteps(config, facts, target);
      all.add(
          group(
              target,
              facts.fork() ? List.of(APPROVAL) : List.of(),
              pins ? steps.preparation() : steps.all(Optional.empty())));
    }
    config.release().filter(r -> releases()).ifPresent(release -> release(all, release));
    return all;
  }

  private boolean releases() {
    return !facts.fork()
        && !facts.has(BuildOption.SKIP_BUILDS)
        && (facts.main() || facts.has(BuildOption.RELEASE));
  }

  /// Behind a `wait`: steps that targets upload later stand before it, too.
  private void release(List<Entry> all, ReleaseConfig release) {
    all.add(new Wait(null));
    all.add(
        plain(
            "release",
            ":rocket: release",
            release.command(),
            release.agents(),
            facts.has(BuildOption.DRY_RUN) ? Map.of("DRY_RUN", "true") : Map.of(),
            List.of(),
            release.timeout()));
  }

  private static Group group(TargetConfig target, List<String> dependsOn, List<Step> steps) {
    String key = target.target().key();
    return new Group(key, key, dependsOn, steps);
  }

  private List<Entry> question() {
    List<Choice> options =
        Arrays.stream(BuildOption.values())
            .filter(option -> option != BuildOption.SKIP_CI)
            .map(option -> new Choice(option.label(), option.word()))
            .toList();
    List<Choice> targets =
        config.targets().stream().map(t -> new Choice(t.target().key(), t.target().key())).toList();
    List<String> enabled = enabled().stream().map(t -> t.target().key()).toList();
    return List.of(
        new Input(
            ":gear: What shall be built?",
            BuildFacts.OPTIONS_KEY,
            List.of(
                new Select("Options", BuildFacts.OPTIONS_KEY, true, false, List.of(), options),
                new Select("Targets", BuildFacts.TARGETS_KEY, true, false, enabled, targets))),
        plain(
            "bakehouse-upload",
            ":pipeline: Upload",
            "bakehouse pipeline upload",
            facts.queue().map(queue -> Map.of("queue", queue)).orElse(Map.of()),
            Map.of(BuildFacts.ASKED, "asked"),
            List.of(BuildFacts.OPTIONS_KEY),
            UPLOAD_TIMEOUT));
  }

  private Step plain(
      String key,
      String label,
      String command,
      Map<String, String> agents,
      Map<String, String> env,
      List<String> dependsOn,
      int timeout) {
    return new Step(
        key,
        label,
        command,
        agents,
        env,
        dependsOn,
        null,
        List.of(),
        null,
        timeout,
        facts.priority().orElse(null),
        null,
        null,
        null,
        List.of(),
        ImageStep.RETRY);
  }
}
