package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What the coordinator's own reader says of values: of a condition, a status, a number. It stops
/// at the first it can not take, so that one is put aside and the rest read again.
@SuppressWarnings("ReferenceEquality") // Places in a tree: equal values may stand at several.
final class ValueCheck {
  static final String BUILDKITE_ONLY = "buildkite-only";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MOST = 50;

  private final WrittenPipeline pipeline;
  private final Lint.Sink sink;

  ValueCheck(WrittenPipeline pipeline, Lint.Sink sink) {
    this.pipeline = pipeline;
    this.sink = sink;
  }

  /// The keys beside `steps`.
  void top() {
    if (pipeline.root() instanceof ObjectNode root) {
      read(root, null, JSON.objectNode().setAll(root), PipelineReader::top);
    }
  }

  /// @param told keys of which more is known already
  void step(WrittenStep step, Set<String> told) {
    if (step.form() == StepForm.UNKNOWN || StepForm.of(step.body()) != step.form()) {
      // A word alone, or keys below the word.
      return;
    }
    ObjectNode left = JSON.objectNode().setAll(step.body());
    if (step.form() == StepForm.COMMAND) {
      for (String key : CommandReader.lacking(left)) {
        elsewhere(step, key);
        left.remove(key);
      }
    } else if (step.form() == StepForm.GROUP) {
      left.putArray("steps");
    }
    told.stream().filter(key -> !step.form().words().contains(key)).forEach(left::remove);
    read(
        step.body(),
        step,
        left,
        body -> {
          Step _ = PipelineReader.step(body, step.number(), true);
        });
  }

  private void elsewhere(WrittenStep step, String key) {
    sink.add(
        pipeline.lines().of(step.body(), key),
        BUILDKITE_ONLY,
        step,
        key,
        "`" + key + "` works at Buildkite, not with `bakehouse run`",
        "Nothing needs to be done for Buildkite; to run the step here, remove the key.");
  }

  private void read(
      ObjectNode written,
      @Nullable WrittenStep step,
      ObjectNode left,
      Consumer<ObjectNode> reader) {
    boolean more = true;
    for (int i = 0; more && i < MOST; i++) {
      try {
        reader.accept(left);
        more = false;
      } catch (FieldError e) {
        add(line(written, step, left, e), step, e.top(), e);
        more = aside(step, left, e);
      } catch (UserError e) {
        add(step == null ? 1 : step.line(), step, "", e);
        more = false;
      }
    }
  }

  private void add(int line, @Nullable WrittenStep step, String key, UserError e) {
    sink.add(line, "bad-value", step, key, String.valueOf(e.getMessage()), e.remedy());
  }

  /// Where the value stands; where what lacks it begins.
  private int line(
      ObjectNode written, @Nullable WrittenStep step, ObjectNode left, FieldError wrong) {
    JsonNode object = wrong.object() == left ? written : wrong.object();
    if (object.has(wrong.key())) {
      return pipeline.lines().of(object, wrong.key());
    }
    return object == written || object.isEmpty()
        ? step == null ? 1 : step.line()
        : pipeline.lines().of(object, object.propertyNames().iterator().next());
  }

  /// @return whether there is less to read now
  private static boolean aside(@Nullable WrittenStep step, ObjectNode left, FieldError wrong) {
    String key = wrong.top();
    if (step != null && step.form().words().contains(key)) {
      boolean text = left.path(key).isString();
      left.put(key, "x");
      return !text;
    }
    if (left.get(key) instanceof ArrayNode list) {
      ArrayNode others = JSON.arrayNode();
      list.forEach(item -> addOther(others, item, wrong.object()));
      if (others.size() < list.size()) {
        left.set(key, others);
        return true;
      }
    }
    return left.remove(key) != null;
  }

  private static void addOther(ArrayNode others, JsonNode item, JsonNode wrong) {
    if (item != wrong) {
      others.add(item);
    }
  }
}
