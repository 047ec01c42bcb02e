package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.Steps.Need;
import dev.bakehouse.coordinator.Steps.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// `/v2/…/builds/N/steps`, which Buildkite does not have: the steps of a build with what each waits
/// for.
final class RestSteps {
  private final Core core;
  private final RestAccess access;

  RestSteps(Core core, RestAccess access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    access.add(router, "GET", RestAccess.BUILD + "/steps", ApiScope.READ_BUILDS, (r, _) -> list(r));
  }

  /// In the order of the pipeline; a group stands before its members. `needs` are ids of steps.
  private Reply list(Request request) {
    Build build = access.build(request);
    return Reply.json(
        core.database()
            .read(
                tx -> {
                  Steps steps = new Steps(StepRow.ofBuild(tx, build.id()));
                  Map<String, List<String>> jobs = new LinkedHashMap<>();
                  Job.ofBuild(tx, build.id())
                      .forEach(
                          job ->
                              jobs.computeIfAbsent(job.step(), _ -> new ArrayList<>())
                                  .add(job.id()));
                  return steps.nodes().stream()
                      .filter(node -> !node.omitted())
                      .map(
                          node -> shown(node, steps, jobs.getOrDefault(node.row().id(), List.of())))
                      .toList();
                }));
  }

  private static Map<String, Object> shown(Node node, Steps steps, List<String> jobs) {
    Map<String, Object> all = new LinkedHashMap<>();
    Node group = node.group();
    all.put("id", node.row().id());
    all.put("type", node.row().kind());
    all.put("key", node.row().key());
    all.put("label", node.row().label());
    all.put("group", group == null ? null : group.row().id());
    all.put("needs", needs(node, steps).map(n -> n.row().id()).distinct().toList());
    all.put("jobs", jobs);
    return all;
  }

  /// What it names, else what stands between it and the beginning; of the first ones, whose job
  /// added them.
  private static Stream<Node> needs(Node node, Steps steps) {
    Node above = steps.barriers().above(node);
    List<Node> all = new ArrayList<>();
    if (node.step().dependsOn().isPresent()) {
      node.needs().stream().map(Need::steps).forEach(all::addAll);
    } else {
      Stream.ofNullable(above).forEach(all::add);
      // Of a barrier: all since the last one. Nothing is counted for others.
      steps.barriers().counted(node).stream()
          .filter(step -> above == null || step.index() > above.index())
          .forEach(all::add);
    }
    if (all.isEmpty() && node.uploader() != null) {
      all.add(node.uploader());
    }
    return all.stream().filter(need -> !need.omitted());
  }
}
