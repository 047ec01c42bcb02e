package dev.bakehouse.coordinator;

import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.pipeline.Combination;
import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.platform.BuiltRef;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The environment of a job. An agent runs nothing but what stands here; without the variables
/// marked in the agent API's description it does not even start.
final class Environment {
  private Environment() {}

  /// @param agent null as long as none has the job
  /// @param base where jobs reach this server
  static Map<String, String> of(
      Transaction tx, String organization, Job job, @Nullable Agent agent, String base)
      throws SQLException {
    Build build = Build.get(tx, job.build());
    StepRow row = StepRow.get(tx, job.step());
    CommandStep step = row.command();
    Map<String, String> env = new TreeMap<>(build.env());
    env.putAll(StepRow.env(tx, row.id()));
    env.putAll(Combination.fill(step.env(), job.matrix()));
    env.put("CI", "true");
    env.put("BUILDKITE", "true");
    env.putAll(ofBuild(tx, organization, build));
    env.put("BUILDKITE_PIPELINE_NAME", build.pipeline());
    env.put("BUILDKITE_PIPELINE_PROVIDER", "git");
    env.put("BUILDKITE_PROJECT_SLUG", organization + "/" + build.pipeline());
    env.put("BUILDKITE_PROJECT_PROVIDER", "git");
    env.put("BUILDKITE_COMMIT", build.commit());
    env.put("BUILDKITE_MESSAGE", build.message());
    env.put("BUILDKITE_BUILD_ID", build.id());
    env.put("BUILDKITE_BUILD_NUMBER", String.valueOf(build.number()));
    env.put(
        "BUILDKITE_BUILD_URL",
        base + "/" + organization + "/" + build.pipeline() + "/builds/" + build.number());
    env.put("BUILDKITE_JOB_ID", job.id());
    env.put("BUILDKITE_STEP_ID", row.id());
    env.put("BUILDKITE_COMMAND", Combination.fill(step.command(), job.matrix()));
    step.plugins()
        .ifPresent(list -> env.put("BUILDKITE_PLUGINS", Combination.fill(list, job.matrix())));
    env.put("BUILDKITE_RETRY_COUNT", String.valueOf(job.retryCount()));
    env.put("BUILDKITE_ARTIFACT_PATHS", String.join(";", step.artifactPaths()));
    String label = row.label();
    put(env, "BUILDKITE_LABEL", label == null ? null : Combination.fill(label, job.matrix()));
    env.put("BUILDKITE_STEP_KEY", row.key() == null ? "" : row.key());
    put(env, "BUILDKITE_PARALLEL_JOB", job.parallel());
    put(env, "BUILDKITE_PARALLEL_JOB_COUNT", job.parallelCount());
    env.put(
        "BUILDKITE_TIMEOUT",
        step.timeout().map(t -> String.valueOf(Math.max(1, t.toMinutes()))).orElse("false"));
    put(env, "BUILDKITE_UNBLOCKER", unblocker(tx, build.id()));
    group(tx, env, row);
    if (agent != null) {
      agent(env, agent);
    }
    return env;
  }

  /// Who answered last.
  private static @Nullable String unblocker(Transaction tx, String build) throws SQLException {
    return tx.one(
            "SELECT unblocker FROM jobs WHERE build=? AND state='unblocked' AND unblocker IS NOT"
                + " NULL ORDER BY finished DESC LIMIT 1",
            row -> row.getString(1),
            build)
        .orElse(null);
  }

  /// What tells whose build it is, and so what its jobs may do. No step can change it.
  static Map<String, String> ofBuild(Transaction tx, String organization, Build build)
      throws SQLException {
    Map<String, String> env = new TreeMap<>();
    env.put("BUILDKITE_ORGANIZATION_SLUG", organization);
    env.put("BUILDKITE_PIPELINE_SLUG", build.pipeline());
    env.put("BUILDKITE_REPO", build.repository());
    env.put("BUILDKITE_BRANCH", build.branch());
    env.put("BUILDKITE_SOURCE", build.source());
    env.putAll(PullRequest.variables(PullRequest.of(build.env())));
    for (String name : List.of(BuiltRef.TAG, BuiltRef.TRIGGERED_FROM)) {
      env.put(name, build.env().getOrDefault(name, ""));
    }
    Optional<String[]> pipeline =
        tx.one(
            "SELECT id, default_branch FROM pipelines WHERE slug=?",
            row -> new String[] {row.getString(1), row.getString(2)},
            build.pipeline());
    pipeline.ifPresent(
        p -> {
          env.put("BUILDKITE_PIPELINE_ID", p[0]);
          env.put("BUILDKITE_PIPELINE_DEFAULT_BRANCH", p[1]);
        });
    return env;
  }

  /// Whose build a job is of.
  static JobIdentity identity(Transaction tx, String job) throws SQLException {
    Build build = Build.get(tx, Job.get(tx, job).build());
    Map<String, String> env = new TreeMap<>(build.env());
    env.putAll(ofBuild(tx, "", build));
    return JobIdentity.of(env);
  }

  private static void group(Transaction tx, Map<String, String> env, StepRow row)
      throws SQLException {
    if (row.parent() != null) {
      StepRow group = StepRow.get(tx, row.parent());
      env.put("BUILDKITE_GROUP_ID", group.id());
      put(env, "BUILDKITE_GROUP_LABEL", group.label());
      put(env, "BUILDKITE_GROUP_KEY", group.key());
    }
  }

  private static void agent(Map<String, String> env, Agent agent) {
    env.put("BUILDKITE_AGENT_ID", agent.id());
    env.put("BUILDKITE_AGENT_NAME", agent.name());
    for (String tag : agent.tags()) {
      int equals = tag.indexOf('=');
      String name = equals < 0 ? tag : tag.substring(0, equals);
      String variable = name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9_]", "_");
      env.put("BUILDKITE_AGENT_META_DATA_" + variable, equals < 0 ? "" : tag.substring(equals + 1));
    }
  }

  private static void put(Map<String, String> env, String name, @Nullable Object value) {
    if (value != null) {
      env.put(name, String.valueOf(value));
    }
  }
}
