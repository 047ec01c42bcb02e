package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Pipelines as large as real ones, of the shape that Bun's generator gives them.
final class RealSizes {
  private static final List<String> TARGETS =
      List.of(
          "darwin-aarch64",
          "darwin-x64",
          "linux-aarch64",
          "linux-x64",
          "linux-x64-baseline",
          "linux-aarch64-musl",
          "linux-x64-musl",
          "linux-x64-musl-baseline",
          "windows-x64",
          "windows-x64-baseline",
          "windows-aarch64");

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private RealSizes() {}

  /// 60 steps in 12 groups over 11 targets.
  static ObjectNode sixty() {
    ObjectNode root = JSON.objectNode();
    root.putObject("env").put("LINK", "ON").put("VERSION", "24.04");
    root.put("priority", 2);
    ArrayNode steps = root.putArray("steps");
    TARGETS.forEach(target -> steps.add(group(target)));
    ObjectNode last = steps.addObject().put("group", ":rocket: Release").put("key", "ship");
    ArrayNode inner = last.putArray("steps");
    ObjectNode release = step("release", "release", "linux", "x64");
    TARGETS.forEach(t -> release.withArray("depends_on").add(t + "-build-bun"));
    inner.add(release);
    inner.add("wait");
    inner
        .addObject()
        .put("block", "Publish?")
        .putArray("fields")
        .addObject()
        .put("text", "Who")
        .put("key", "who");
    inner
        .addObject()
        .put("trigger", "docs")
        .put("async", true)
        .putObject("build")
        .put("message", 0);
    inner.addObject().put("input", "Notes").putNull("prompt");
    return root;
  }

  /// 500 steps in one list, waits among them.
  static ObjectNode fiveHundred() {
    ObjectNode root = JSON.objectNode();
    ArrayNode steps = root.putArray("steps");
    for (int i = 0; i < 500; i++) {
      String target = TARGETS.get(i % TARGETS.size());
      if (i % 100 == 99) {
        steps.addObject().putNull("wait").put("continue_on_failure", true);
      } else {
        String[] parts = target.split("-");
        ObjectNode step = step(target + "-build-" + i, "make " + i, parts[0], parts[1]);
        if (i % 3 == 1) {
          step.put("depends_on", "darwin-aarch64-build-0");
        }
        if (i % 7 == 1) {
          step.set("agents", JSON.arrayNode().add("queue=" + parts[0]).add("os=" + parts[0]));
        }
        steps.add(step);
      }
    }
    return root;
  }

  private static ObjectNode group(String target) {
    String[] parts = target.split("-");
    ObjectNode group = JSON.objectNode().put("group", target).put("key", target);
    ArrayNode steps = group.putArray("steps");
    steps.add(step(target + "-build-vendor", "make vendor", parts[0], parts[1]));
    steps.add(step(target + "-build-cpp", "make cpp", parts[0], parts[1]).put("invented", 24.04));
    steps.add(step(target + "-build-zig", "make zig", "linux", "x64"));
    ObjectNode link = step(target + "-build-bun", "make link", parts[0], parts[1]);
    link.putArray("depends_on")
        .add(target + "-build-cpp")
        .addObject()
        .put("step", target + "-build-zig")
        .put("allow_failure", true);
    steps.add(link);
    ObjectNode test = step(target + "-test-bun", "run tests", parts[0], parts[1]);
    test.put("depends_on", target + "-build-bun").put("parallelism", 2);
    steps.add(test);
    return group;
  }

  private static ObjectNode step(String key, String command, String os, String arch) {
    ObjectNode step = JSON.objectNode().put("key", key).put("label", key + " :hammer:");
    step.putObject("agents").put("queue", os).put("os", os).put("arch", arch);
    step.putObject("retry")
        .put("automatic", false)
        .putObject("manual")
        .put("permit_on_passed", true);
    step.put("cancel_on_build_failing", false).put("timeout_in_minutes", 35);
    step.putArray("command").add(command).add("echo '$HOME' \"é\" " + os.toUpperCase(Locale.ROOT));
    step.putObject("env").put("ENABLE", "ON").put("NUMBER", 0).putNull("NOTHING");
    return step;
  }

  /// One step a line, as people mix YAML and JSON.
  static String yaml(ObjectNode root) {
    StringBuilder text = new StringBuilder();
    root.properties()
        .forEach(
            entry -> {
              text.append(entry.getKey()).append(":");
              if (entry.getValue() instanceof ArrayNode list) {
                list.forEach(item -> text.append("\n  - ").append(item));
              } else {
                text.append(" ").append(entry.getValue());
              }
              text.append("\n");
            });
    return text.toString();
  }

  static String json(ObjectNode root) {
    return JsonMapper.shared().writeValueAsString(root);
  }
}
