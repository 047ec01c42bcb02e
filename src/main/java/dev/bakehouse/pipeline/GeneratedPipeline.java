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
///
/// @param steps none when the commit asked for nothing to be built
public record GeneratedPipeline(List<Entry> steps) {
  private static final ObjectWriter JSON =
      JsonMapper.builder().build().writerWithDefaultPrettyPrinter();

  public GeneratedPipeline {
    steps = List.copyOf(steps);
  }

  /// What may stand below the topmost `steps`.
  public sealed interface Entry permits Group, Step, Block, Input, Wait {}

  /// The steps of one target.
  @JsonInclude(Include.NON_EMPTY)
  public record Group(
      String group,
      String key,
      @JsonProperty("depends_on") List<String> dependsOn,
      List<Step> steps)
      implements Entry {}

  /// @param parallelism null for a single job
  /// @param priority null for Buildkite's 0
  /// @param allowDependencyFailure whether it runs when what it depends on has failed
  /// @param concurrency null for as many at once as there are
  /// @param softFail statuses that do not fail the build
  @JsonInclude(Include.NON_EMPTY)
  public record Step(
      String key,
      String label,
      String command,
      Map<String, String> agents,
      Map<String, String> env,
      @JsonProperty("depends_on") List<String> dependsOn,
      @JsonProperty("allow_dependency_failure") @Nullable Boolean allowDependencyFailure,
      @JsonProperty("artifact_paths") List<String> artifactPaths,
      @Nullable Integer parallelism,
      @JsonProperty("timeout_in_minutes") int timeoutInMinutes,
      @Nullable Integer priority,
      @JsonProperty("cancel_on_build_failing") @Nullable Boolean cancelOnBuildFailing,
      @Nullable Integer concurrency,
      @JsonProperty("concurrency_group") @Nullable String concurrencyGroup,
      @JsonProperty("soft_fail") List<SoftStatus> softFail,
      Retry retry)
      implements Entry {
    /// The same, which runs also when what it depends on has failed.
    Step whateverHappened() {
      return new Step(
          key,
          label,
          command,
          agents,
          env,
          dependsOn,
          true,
          artifactPaths,
          parallelism,
          timeoutInMinutes,
          priority,
          cancelOnBuildFailing,
          concurrency,
          concurrencyGroup,
          softFail,
          retry);
    }
  }

  /// An exit status that does not fail the build.
  public record SoftStatus(@JsonProperty("exit_status") int exitStatus) {}

  /// How a job may be run again.
  public record Retry(Manual manual, List<Automatic> automatic) {}

  /// By people.
  public record Manual(@JsonProperty("permit_on_passed") boolean permitOnPassed) {}

  /// By itself, after an exit status.
  public record Automatic(@JsonProperty("exit_status") int exitStatus, int limit) {}

  /// @param blockedState what the build is while nobody has unblocked it
  public record Block(
      String block, String key, String prompt, @JsonProperty("blocked_state") String blockedState)
      implements Entry {}

  /// A step that asks people before what comes after it.
  public record Input(String input, String key, List<Select> fields) implements Entry {}

  /// A field that takes any number of its values.
  public record Select(
      String select,
      String key,
      boolean multiple,
      boolean required,
      @JsonProperty("default") List<String> chosen,
      List<Choice> options) {}

  /// A value of a field, and what people see for it.
  public record Choice(String label, String value) {}

  /// @param ignored what Buildkite wants there: null
  public record Wait(@JsonProperty("wait") @Nullable String ignored) implements Entry {}

  /// The groups among the steps.
  public List<Group> groups() {
    return steps.stream().filter(Group.class::isInstance).map(Group.class::cast).toList();
  }

  public String json() {
    return JSON.writeValueAsString(this) + "\n";
  }
}
