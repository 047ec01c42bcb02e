package dev.bakehouse.pipeline;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/// What `pipeline upload` takes, as far as [Generate] writes it.
///
/// It travels as JSON: in YAML an `ON` or a `24.04` could change its type on the way.
public record GeneratedPipeline(List<Group> steps) {
  private static final ObjectWriter JSON =
      JsonMapper.builder().build().writerWithDefaultPrettyPrinter();

  /// The steps of one target.
  public record Group(String group, String key, List<Step> steps) {}

  /// @param parallelism null for a single job
  @JsonInclude(Include.NON_EMPTY)
  public record Step(
      String key,
      String label,
      String command,
      Map<String, String> agents,
      Map<String, String> env,
      @JsonProperty("depends_on") List<String> dependsOn,
      @JsonProperty("artifact_paths") List<String> artifactPaths,
      @Nullable Integer parallelism,
      @JsonProperty("timeout_in_minutes") int timeoutInMinutes,
      Retry retry) {}

  public record Retry(Manual manual, List<Automatic> automatic) {}

  public record Manual(@JsonProperty("permit_on_passed") boolean permitOnPassed) {}

  public record Automatic(@JsonProperty("exit_status") int exitStatus, int limit) {}

  public String json() {
    return JSON.writeValueAsString(this) + "\n";
  }
}
