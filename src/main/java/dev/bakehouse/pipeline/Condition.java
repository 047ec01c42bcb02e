package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An `if` of a step (https://buildkite.com/docs/pipelines/configure/conditionals). Names and types
/// are checked when it is read, so that asking it of a build can not fail.
public final class Condition {
  /// What the documentation lists, but for what only notifications know.
  static final Map<String, Shape> VARIABLES =
      Map.ofEntries(
          Map.entry("build.author.email", Shape.TEXT),
          Map.entry("build.author.id", Shape.TEXT),
          Map.entry("build.author.name", Shape.TEXT),
          Map.entry("build.author.teams", Shape.LIST),
          Map.entry("build.branch", Shape.TEXT),
          Map.entry("build.commit", Shape.TEXT),
          Map.entry("build.creator.email", Shape.TEXT),
          Map.entry("build.creator.id", Shape.TEXT),
          Map.entry("build.creator.name", Shape.TEXT),
          Map.entry("build.creator.teams", Shape.LIST),
          Map.entry("build.id", Shape.TEXT),
          Map.entry("build.message", Shape.TEXT),
          Map.entry("build.number", Shape.NUMBER),
          Map.entry("build.pull_request.base_branch", Shape.TEXT),
          Map.entry("build.pull_request.id", Shape.TEXT),
          Map.entry("build.pull_request.draft", Shape.FLAG),
          Map.entry("build.pull_request.label", Shape.TEXT),
          Map.entry("build.pull_request.labels", Shape.LIST),
          Map.entry("build.pull_request.repository", Shape.TEXT),
          Map.entry("build.pull_request.repository.fork", Shape.FLAG),
          Map.entry("build.merge_queue.base_branch", Shape.TEXT),
          Map.entry("build.merge_queue.base_commit", Shape.TEXT),
          Map.entry("build.source", Shape.TEXT),
          Map.entry("build.source_event", Shape.TEXT),
          Map.entry("build.source_action", Shape.TEXT),
          Map.entry("build.state", Shape.TEXT),
          Map.entry("build.tag", Shape.TEXT),
          Map.entry("pipeline.default_branch", Shape.TEXT),
          Map.entry("pipeline.id", Shape.TEXT),
          Map.entry("pipeline.repository", Shape.TEXT),
          Map.entry("pipeline.slug", Shape.TEXT),
          Map.entry("organization.id", Shape.TEXT),
          Map.entry("organization.slug", Shape.TEXT));

  /// The `BUILDKITE_` variables that `build.env()` knows, but for GitHub's.
  private static final Set<String> ENV =
      Set.of(
          "BRANCH TAG MESSAGE COMMIT PIPELINE_SLUG PIPELINE_NAME PIPELINE_ID ORGANIZATION_SLUG TRIGGERED_FROM_BUILD_ID TRIGGERED_FROM_BUILD_NUMBER TRIGGERED_FROM_BUILD_PIPELINE_SLUG REBUILT_FROM_BUILD_ID REBUILT_FROM_BUILD_NUMBER REPO PULL_REQUEST PULL_REQUEST_BASE_BRANCH PULL_REQUEST_REPO MERGE_QUEUE_BASE_BRANCH MERGE_QUEUE_BASE_COMMIT"
              .split(" "));

  private static final String PREFIX = "BUILDKITE_";

  enum Shape {
    TEXT("a text"),
    NUMBER("a number"),
    FLAG("true or false"),
    LIST("a list"),
    PATTERN("a pattern"),
    NOTHING("null");

    final String words;

    Shape(String words) {
      this.words = words;
    }
  }

  /// A part with the shape that it has, or null.
  record Term(Shape shape, Function<Facts, @Nullable Object> value) {}

  /// What conditions ask of a build.
  public interface Facts {
    /// @param name as in the documentation, for example `build.branch`
    /// @return String, Integer, Boolean or list of String, as documented; null for none
    @Nullable Object value(String name);

    /// @return null when it is not set
    @Nullable String env(String name);

    /// What the patterns of all conditions that ask may take together.
    default SafePattern.Budget budget() {
      return new SafePattern.Budget();
    }
  }

  private final Term root;

  private Condition(Term root) {
    this.root = root;
  }

  /// @throws UserError when it is none; the message goes on after the name of what has it
  public static Condition parse(String text) {
    Term root = new ConditionParser(text).whole();
    if (root.shape() != Shape.FLAG && root.shape() != Shape.NOTHING) {
      throw new UserError(
          "is " + root.shape().words + ", not a condition", "Compare it, for example with `==`.");
    }
    return new Condition(root);
  }

  /// @throws UserError when a pattern takes too long
  public boolean holds(Facts facts) {
    return Boolean.TRUE.equals(root.value().apply(facts));
  }

  static Term variable(String name) {
    Shape shape = VARIABLES.get(name);
    if (shape == null) {
      String near = Nearest.of(name, VARIABLES.keySet());
      throw new UserError(
          "asks for `" + name + "`, which is no variable of conditions",
          name.startsWith("step.") || name.startsWith("pipeline.started_")
              ? "It is known in notifications only."
              : near.isEmpty() ? "Quote texts." : "Did you mean `" + near + "`?");
    }
    return new Term(shape, facts -> facts.value(name));
  }

  static Term env(String name) {
    boolean own = name.startsWith(PREFIX) && !name.startsWith("BUILDKITE_GITHUB_");
    if (own && !ENV.contains(name.substring(PREFIX.length()))) {
      throw new UserError(
          "asks for the variable `" + name + "`, which no condition can see",
          "Ask for it in the step's command.");
    }
    return new Term(Shape.TEXT, facts -> facts.env(name));
  }

  /// Whether a list has a text, or one that a pattern is in.
  static boolean includes(@Nullable Object list, @Nullable Object wanted, Facts facts) {
    return list instanceof List<?> all
        && all.stream()
            .anyMatch(
                one ->
                    wanted instanceof SafePattern pattern
                        ? pattern.in(String.valueOf(one), facts.budget())
                        : one.equals(wanted));
  }
}
