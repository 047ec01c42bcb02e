package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Condition;
import dev.bakehouse.pipeline.SafePattern;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the `if` of a step can ask of a build.
final class ConditionFacts implements Condition.Facts {
  private final Map<String, Object> values = new HashMap<>();
  private final Map<String, String> env;
  private final SafePattern.Budget budget = new SafePattern.Budget();

  private record Pipe(String id, String branch, String repository) {}

  private ConditionFacts(Map<String, String> env) {
    this.env = env;
  }

  /// @param more environment of the steps that ask; it wins over the build's
  static ConditionFacts of(
      Transaction tx, String organization, Build build, Map<String, String> more)
      throws SQLException {
    Map<String, String> env = new HashMap<>(build.env());
    env.putAll(more);
    ConditionFacts facts = new ConditionFacts(env);
    facts.build(build);
    facts.put("organization.id", organization, "");
    facts.put("organization.slug", organization, "BUILDKITE_ORGANIZATION_SLUG");
    facts.put("pipeline.slug", build.pipeline(), "BUILDKITE_PIPELINE_SLUG");
    env.put("BUILDKITE_PIPELINE_NAME", build.pipeline());
    var pipe =
        tx.one(
            "SELECT * FROM pipelines WHERE slug=?",
            row ->
                new Pipe(
                    row.getString("id"),
                    row.getString("default_branch"),
                    row.getString("repository")),
            build.pipeline());
    pipe.ifPresent(
        p -> {
          facts.put("pipeline.id", p.id, "BUILDKITE_PIPELINE_ID");
          facts.put("pipeline.default_branch", p.branch, "");
          facts.put("pipeline.repository", p.repository, "");
        });
    return facts;
  }

  private void build(Build build) {
    put("build.id", build.id(), "");
    put("build.branch", build.branch(), "BUILDKITE_BRANCH");
    put("build.commit", build.commit(), "BUILDKITE_COMMIT");
    put("build.message", build.message(), "BUILDKITE_MESSAGE");
    put("build.source", build.source(), "");
    put("build.state", build.state(), "");
    values.put("build.number", build.number());
    env.put("BUILDKITE_REPO", build.repository());
    given("build.tag", "BUILDKITE_TAG");
    given("build.author.name", "BUILDKITE_BUILD_AUTHOR");
    given("build.author.email", "BUILDKITE_BUILD_AUTHOR_EMAIL");
    given("build.creator.name", "BUILDKITE_BUILD_CREATOR");
    given("build.creator.email", "BUILDKITE_BUILD_CREATOR_EMAIL");
    given("build.merge_queue.base_branch", "BUILDKITE_MERGE_QUEUE_BASE_BRANCH");
    given("build.merge_queue.base_commit", "BUILDKITE_MERGE_QUEUE_BASE_COMMIT");
    given("build.source_event", "BUILDKITE_GITHUB_EVENT");
    given("build.source_action", "BUILDKITE_GITHUB_ACTION");
    list("build.author.teams", "BUILDKITE_BUILD_AUTHOR_TEAMS", ":");
    list("build.creator.teams", "BUILDKITE_BUILD_CREATOR_TEAMS", ":");
    list("build.pull_request.labels", "BUILDKITE_PULL_REQUEST_LABELS", ",");
    PullRequest pull = PullRequest.of(build.env());
    if (pull != null) {
      put("build.pull_request.id", pull.id(), "");
      put("build.pull_request.base_branch", pull.base(), "");
      put("build.pull_request.repository", pull.repository(), "");
      values.put("build.pull_request.draft", flag("BUILDKITE_PULL_REQUEST_DRAFT"));
      values.put(
          "build.pull_request.repository.fork",
          !pull.repository().isEmpty() && !pull.repository().equals(build.repository()));
    }
    env.putAll(PullRequest.variables(pull));
  }

  private boolean flag(String variable) {
    return env.getOrDefault(variable, "").equals("true");
  }

  private void list(String name, String variable, String between) {
    String text = env.getOrDefault(variable, "");
    values.put(name, text.isEmpty() ? List.of() : List.of(text.split(between)));
  }

  /// A value that only the build's environment knows.
  private void given(String name, String variable) {
    put(name, env.getOrDefault(variable, ""), "");
  }

  /// An empty text counts as none.
  private void put(String name, String value, String variable) {
    if (!value.isEmpty()) {
      values.put(name, value);
    }
    if (!variable.isEmpty()) {
      env.put(variable, value);
    }
  }

  @Override
  public @Nullable Object value(String name) {
    return values.get(name);
  }

  @Override
  public SafePattern.Budget budget() {
    return budget;
  }

  @Override
  public @Nullable String env(String name) {
    return env.get(name);
  }
}
