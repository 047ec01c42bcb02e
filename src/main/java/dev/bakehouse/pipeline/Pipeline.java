package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Steps with what holds for all of them.
///
/// @param env for every step; a step's own value wins
/// @param agents what an agent must have, for steps that do not say it themselves
/// @param priority of jobs, for steps that do not say it themselves
/// @param unused top-level keys that change nothing here: `notify`, and what anchors stand below
public record Pipeline(
    Map<String, String> env,
    Map<String, String> agents,
    Optional<Integer> priority,
    List<Step> steps,
    List<String> unused) {
  public Pipeline {
    unused = List.copyOf(unused);
    env = Map.copyOf(env);
    agents = Map.copyOf(agents);
    steps = List.copyOf(steps);
  }

  /// A pipeline that stands alone, in YAML or JSON: every `depends_on` names one of its own steps.
  ///
  /// @param name what errors call the text
  public static Pipeline parse(String name, String text) {
    Pipeline pipeline = PipelineReader.read(name, YamlTree.parse(name, text));
    if (pipeline.steps.isEmpty()) {
      throw new UserError(name + " has no steps", "Add a step below `steps:`.");
    }
    Graph.check(name, pipeline.steps);
    return pipeline;
  }

  /// Checks a text only as far as it is YAML, before variables are put into it.
  ///
  /// @throws UserError naming file and line
  public static void insistYaml(String name, String text) {
    YamlTree.parse(name, text);
  }

  /// What an agent uploads: its steps may depend on steps that are in the build already, so the
  /// caller checks the whole with [Graph].
  public static Pipeline ofUpload(JsonNode uploaded) {
    return PipelineReader.read("the uploaded pipeline", uploaded);
  }
}
