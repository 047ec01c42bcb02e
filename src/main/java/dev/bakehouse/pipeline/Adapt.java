package dev.bakehouse.pipeline;

import static java.util.stream.Collectors.joining;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Has a pipeline's own steps wait for hosts that have their image, and adds the step that prepares
/// it. Steps for other hosts, and keys that are not named here, stay as they are.
///
/// A step of this installation gets `vm-ready`, and `vm-image` or `host` where these are asked for,
/// among its `agents`; the image step among its `depends_on`; with affinity `group`, a concurrency
/// group; with a matrix, the variable that tells its jobs' caches apart. What it has of these
/// already is kept, so doing it twice changes nothing more.
public final class Adapt {
  /// What keys of image steps begin with.
  static final String IMAGE_KEY = "bakehouse-image";

  /// The variable by which caches know a part of a step.
  private static final String CACHE_PART = "CACHE_PART";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern TARGET =
      Pattern.compile("^((?:darwin|macos|linux|windows)-(?:aarch64|arm64|x64)(?:-baseline)?)\\b.*");

  private final WrittenPipeline pipeline;
  private final FleetConfig fleet;
  private final Affinity affinity;
  private final List<String> targets = new ArrayList<>();
  private final Map<String, ObjectNode> imageSteps = new LinkedHashMap<>();
  private int adapted;

  private Adapt(WrittenPipeline pipeline, FleetConfig fleet) {
    this.pipeline = pipeline;
    this.fleet = fleet;
    this.affinity = fleet.affinity().orElse(Affinity.IMAGE);
  }

  /// Changes the pipeline.
  ///
  /// @return how many steps it has for this installation's hosts
  /// @throws UserError when a step is to be bound to a host and none that is described can take it
  public static int apply(WrittenPipeline pipeline, FleetConfig fleet) {
    Adapt adapt = new Adapt(pipeline, fleet);
    boolean barrier = false;
    for (WrittenStep step : pipeline.steps()) {
      adapt.step(step, barrier);
      boolean inside = barrier;
      for (WrittenStep member : step.members()) {
        adapt.step(member, inside);
        inside |= member.form().barrier();
      }
      barrier |= step.form().barrier();
    }
    adapt.addImageSteps();
    return adapt.adapted;
  }

  private void step(WrittenStep step, boolean behindBarrier) {
    Map<String, String> agents = pipeline.agents(step);
    if (step.form() != StepForm.COMMAND || !fleet.owns(agents) || ImageStep.prepares(step)) {
      return;
    }
    adapted++;
    Map<String, String> before = new LinkedHashMap<>(agents);
    List.of(AgentRules.READY, AgentRules.IMAGE).forEach(before::remove);
    // The image step has no matrix: nothing would put values in the place of its words.
    before.values().removeIf(value -> value.contains("{{"));
    Optional<String> host = affinity.pins() ? Optional.of(host(step, before)) : Optional.empty();
    tag(step, AgentRules.READY, "true");
    fleet.image().ifPresent(image -> tag(step, AgentRules.IMAGE, image));
    host.ifPresent(name -> tag(step, AgentRules.HOST, name));
    nameParts(step);
    if (affinity == Affinity.GROUP && !step.body().has("concurrency_group")) {
      step.body().put("concurrency_group", target(step, before));
      step.body().put("concurrency", 1);
    }
    if (fleet.imageStep()) {
      String key = imageStep(before, host);
      // Behind a barrier, `depends_on` would let it start before the barrier is passed.
      if (step.dependsOn().isPresent() || !behindBarrier) {
        dependOn(step, key);
      }
    }
  }

  /// A tag that a step has already says what its author wants.
  private void tag(WrittenStep step, String tag, String value) {
    if (pipeline.agents(step).containsKey(tag)) {
      return;
    }
    JsonNode agents = step.body().get("agents");
    if (agents == null || agents.isEmpty()) {
      agents = pipeline.root().path("agents").deepCopy();
      step.body().set("agents", agents);
    }
    if (agents instanceof ArrayNode list) {
      list.add(tag + "=" + value);
    } else if (agents instanceof ObjectNode object) {
      object.put(tag, value);
    }
  }

  /// No variable of a job tells which of its matrix it is; their caches are to be.
  private static void nameParts(WrittenStep step) {
    JsonNode matrix = step.body().path("matrix");
    JsonNode setup = matrix.path("setup");
    JsonNode env = step.body().path("env");
    if (matrix.isEmpty() || !(env.isObject() || env.isNull() || env.isMissingNode())) {
      return;
    }
    ObjectNode all = env instanceof ObjectNode there ? there : step.body().putObject("env");
    if (!all.has(CACHE_PART)) {
      Stream<String> names = setup.propertyNames().stream().map(name -> "{{matrix." + name + "}}");
      all.put(CACHE_PART, setup.isObject() ? names.collect(joining("-")) : "{{matrix}}");
    }
  }

  private static void dependOn(WrittenStep step, String key) {
    List<Dependency> all = step.dependsOn().orElse(List.of());
    if (all.stream().anyMatch(d -> d.step().equals(key))) {
      return;
    }
    JsonNode written = step.body().get("depends_on");
    ArrayNode list = JSON.arrayNode();
    if (written instanceof ArrayNode several) {
      list.addAll(several);
    } else if (written != null && !written.isNull()) {
      list.add(written);
    }
    step.body().set("depends_on", list.add(key));
  }

  /// The targets are dealt out to the hosts in turn; a step's own `host` counts.
  private String host(WrittenStep step, Map<String, String> agents) {
    List<String> able = fleet.hostsFor(agents);
    if (able.isEmpty()) {
      throw new UserError(
          pipeline.name()
              + ":"
              + step.line()
              + ": no host below `pipeline.hosts` has what step `"
              + step.title()
              + "` asks for ("
              + shown(agents)
              + "), so it can not be bound to one",
          "Describe the hosts there, or use `pipeline.affinity: image`.");
    }
    String target = target(step, agents);
    if (!targets.contains(target)) {
      targets.add(target);
    }
    return able.get(targets.indexOf(target) % able.size());
  }

  /// What the step belongs to: the target its key begins with, else its group, else its system.
  static String target(WrittenStep step, Map<String, String> agents) {
    Matcher key = TARGET.matcher(step.key().orElse(""));
    return key.matches()
        ? key.group(1)
        : step.group()
            .map(WrittenStep::title)
            .orElse(agents.getOrDefault("os", "darwin") + "-" + arch(agents).orElse("any"));
  }

  private static Optional<String> arch(Map<String, String> agents) {
    return Optional.ofNullable(agents.get("arch")).map(a -> a.equals("arm64") ? "aarch64" : a);
  }

  /// @return its key: one image for each processor, and for each host where steps are bound to one
  private String imageStep(Map<String, String> agents, Optional<String> host) {
    String key =
        IMAGE_KEY + arch(agents).map(a -> "-" + a).orElse("") + host.map(h -> "-" + h).orElse("");
    imageSteps.computeIfAbsent(
        key,
        k -> {
          ObjectNode step = JSON.objectNode();
          step.put("key", k);
          step.put("label", ":package: VM image");
          step.put("command", ImageStep.COMMAND);
          ObjectNode tags = step.putObject("agents");
          agents.forEach(tags::put);
          host.ifPresent(h -> tags.put(AgentRules.HOST, h));
          // At once, whatever stands above it.
          step.putNull("depends_on");
          step.put("timeout_in_minutes", ImageStep.TIMEOUT);
          ArrayNode retries = step.putObject("retry").putArray("automatic");
          ImageStep.MACHINERY.forEach(
              status -> retries.addObject().put("exit_status", status).put("limit", 2));
          return step;
        });
    return key;
  }

  /// At the end: a barrier waits for all above it, and other steps must not wait for an image.
  private void addImageSteps() {
    List<String> there = pipeline.all().flatMap(s -> s.key().stream()).toList();
    imageSteps.forEach(
        (key, step) -> {
          if (!there.contains(key)) {
            pipeline.list().add(step);
          }
        });
  }

  static String shown(Map<String, String> agents) {
    List<String> all = new ArrayList<>();
    agents.forEach((tag, value) -> all.add(tag + "=" + value));
    return String.join(", ", all);
  }
}
