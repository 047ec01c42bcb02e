package dev.bakehouse.pipeline;

import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What Buildkite's documentation says a pipeline may have at most
/// (https://buildkite.com/docs/platform/limits, https://buildkite.com/docs/pipelines/build-matrix).
final class StepLimits {
  private static final int JOBS = 500;
  private static final int DIMENSIONS = 6;
  private static final int ELEMENTS = 25;
  private static final int ADJUSTMENTS = 12;
  private static final int MATRIX_JOBS = 50;
  private static final int RETRIES = 10;

  private static final String RULE = "limit";
  private static final Pattern UUID =
      Pattern.compile("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private final WrittenPipeline pipeline;
  private final Lint.Sink sink;
  private long jobs;

  private StepLimits(WrittenPipeline pipeline, Lint.Sink sink) {
    this.pipeline = pipeline;
    this.sink = sink;
  }

  static void check(WrittenPipeline pipeline, Lint.Sink sink) {
    StepLimits limits = new StepLimits(pipeline, sink);
    pipeline.all().forEach(limits::step);
  }

  private void step(WrittenStep step) {
    if (step.key().filter(key -> UUID.matcher(key).matches()).isPresent()) {
      add(step, "key", "its key looks like a UUID", "Buildkite refuses it: choose a word.");
    }
    long before = jobs;
    if (step.form() == StepForm.COMMAND) {
      jobs += matrix(step) * parallelism(step);
      retries(step);
    } else if (step.form() == StepForm.TRIGGER) {
      jobs++;
    }
    if (before <= JOBS && jobs > JOBS) {
      add(
          step,
          "key",
          "the steps up to this one are " + jobs + " jobs; one upload may have " + JOBS,
          "Upload the rest from a later step, or ask Buildkite for a higher limit.");
    }
  }

  private long parallelism(WrittenStep step) {
    JsonNode value = step.body().path("parallelism");
    long number = value.isMissingNode() || value.isNull() ? 1 : value.asLong(0);
    if (number < 1) {
      add(step, "parallelism", "`parallelism` must be a whole number from 1", "Correct it.");
    } else if (number > 1 && step.body().has("matrix")) {
      add(step, "parallelism", "has a matrix, too", "Use one of them, or two steps.");
    }
    return Math.clamp(number, 1, JOBS + 1);
  }

  private void retries(WrittenStep step) {
    JsonNode automatic = step.body().path("retry").path("automatic");
    for (JsonNode rule : automatic.isArray() ? automatic.values() : List.of(automatic)) {
      if (rule.path("limit").asInt(1) > RETRIES) {
        add(step, "retry", "is retried more than " + RETRIES + " times", "Lower `limit`.");
      }
    }
  }

  /// @return how many jobs its matrix makes
  private long matrix(WrittenStep step) {
    JsonNode matrix = step.body().path("matrix");
    long count = 1;
    if (matrix instanceof ArrayNode list) {
      count = dimension(step, list);
    } else if (matrix.get("setup") instanceof ArrayNode list) {
      count = dimension(step, list);
    } else if (matrix.get("setup") instanceof ObjectNode setup) {
      if (setup.size() > DIMENSIONS) {
        add(step, "matrix", "its matrix has more than " + DIMENSIONS + " dimensions", "Split it.");
      }
      for (JsonNode values : setup.values()) {
        count = Math.min(count * dimension(step, values), Integer.MAX_VALUE);
      }
    }
    if (matrix.path("adjustments").size() > ADJUSTMENTS) {
      add(step, "matrix", "its matrix has more than " + ADJUSTMENTS + " adjustments", "Split it.");
    }
    if (count > MATRIX_JOBS) {
      add(
          step,
          "matrix",
          "its matrix makes " + count + " jobs; " + MATRIX_JOBS + " are allowed",
          "Split it into several steps.");
    }
    return count;
  }

  private long dimension(WrittenStep step, JsonNode values) {
    if (values.size() > ELEMENTS) {
      add(step, "matrix", "a dimension has more than " + ELEMENTS + " elements", "Split it.");
    }
    return Math.max(1, values.size());
  }

  private void add(WrittenStep step, String key, String what, String remedy) {
    int line = step.body().has(key) ? pipeline.lines().of(step.body(), key) : step.line();
    sink.add(line, RULE, step, key, what, remedy);
  }
}
