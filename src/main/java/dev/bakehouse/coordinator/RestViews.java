package dev.bakehouse.coordinator;

import dev.bakehouse.platform.BuiltRef;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds, jobs, artifacts and agents in the shapes of Buildkite's REST API.
///
/// @param base where the caller reached the server, with the organization: `…/v2/organizations/ORG`
/// @param anyAgent whether jobs go to agents without the tags they ask for
record RestViews(String base, boolean anyAgent) {
  /// What of a build is told.
  ///
  /// @param retried attempts that were followed by another, too
  /// @param states of jobs; empty for all
  record Part(boolean jobs, boolean retried, boolean pipeline, Set<String> states) {
    static Part of(Request request) {
      return new Part(
          !on(request, "exclude_jobs"),
          on(request, "include_retried_jobs"),
          !on(request, "exclude_pipeline"),
          Set.copyOf(request.all("job_states")));
    }

    private static boolean on(Request request, String name) {
      return request.asked(name).filter("true"::equals).isPresent();
    }

    private boolean shows(JobView job) {
      return (retried || !job.retried())
          && (states.isEmpty() || states.contains(job.state().wire()));
    }
  }

  /// What a change is answered with.
  static final Part ALL = new Part(true, false, true, Set.of());

  String buildUrl(String pipeline, int number) {
    return base + "/pipelines/" + pipeline + "/builds/" + number;
  }

  /// The web page.
  private String site() {
    return base.substring(0, base.indexOf("/v2/")) + "/#/";
  }

  private String page(String pipeline, int number) {
    return site() + pipeline + "/builds/" + number;
  }

  Map<String, Object> build(BuildView build, Part part) {
    String url = buildUrl(build.pipeline(), build.number());
    String page = page(build.pipeline(), build.number());
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", build.id());
    all.put("url", url);
    all.put("web_url", page);
    all.put("number", build.number());
    all.put("state", build.state());
    all.put("blocked", build.blocked());
    all.put("message", build.message());
    all.put("commit", build.commit());
    all.put("branch", build.branch());
    all.put("tag", build.env().get(BuiltRef.TAG));
    all.put("source", build.source());
    all.put("env", build.env());
    all.put("pull_request", PullRequest.of(build.env()));
    all.put("meta_data", build.metaData());
    all.put("rebuilt_from", rebuiltFrom(build));
    all.put("triggered_from", triggeredFrom(build));
    all.put("created_at", time(build.created()));
    all.put("scheduled_at", time(build.created()));
    all.put("started_at", time(build.started()));
    all.put("finished_at", time(build.finished()));
    if (part.pipeline) {
      all.put("pipeline", Map.of("slug", build.pipeline(), "name", build.pipeline()));
    }
    if (part.jobs) {
      all.put(
          "jobs", build.jobs().stream().filter(part::shows).map(j -> job(url, page, j)).toList());
    }
    return all;
  }

  private @Nullable Object rebuiltFrom(BuildView build) {
    String id = build.env().get(BuildControl.REBUILT_FROM);
    String number = build.env().getOrDefault(BuildControl.REBUILT_FROM_NUMBER, "");
    return id == null || !number.matches("[0-9]{1,9}")
        ? null
        : Map.of(
            "id",
            id,
            "number",
            Integer.valueOf(number),
            "url",
            buildUrl(build.pipeline(), Integer.parseInt(number)));
  }

  /// By variables, which anybody can give a build that no trigger made.
  private static @Nullable Object triggeredFrom(BuildView build) {
    Map<String, String> env = build.env();
    String number = env.getOrDefault(Triggers.FROM_NUMBER, "");
    return !build.source().equals(BuiltRef.TRIGGER) || !number.matches("[0-9]{1,9}")
        ? null
        : Map.of(
            "build_id",
            env.getOrDefault(BuiltRef.TRIGGERED_FROM, ""),
            "build_number",
            Integer.valueOf(number),
            "build_pipeline_slug",
            env.getOrDefault(Triggers.FROM_PIPELINE, ""));
  }

  private @Nullable Object triggeredBuild(JobView.@Nullable Triggered made) {
    return made == null
        ? null
        : Map.of(
            "id",
            made.id(),
            "number",
            made.number(),
            "url",
            buildUrl(made.pipeline(), made.number()),
            "web_url",
            page(made.pipeline(), made.number()));
  }

  Map<String, Object> job(Build build, JobView job) {
    return job(
        buildUrl(build.pipeline(), build.number()), page(build.pipeline(), build.number()), job);
  }

  private Map<String, Object> job(String buildUrl, String page, JobView job) {
    String url = buildUrl + "/jobs/" + job.id();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", job.id());
    all.put("type", job.type());
    all.put("build_url", buildUrl);
    all.put("web_url", page + "/" + job.id());
    all.put("priority", Map.of("number", job.priority()));
    all.put("name", job.label());
    all.put("step_key", job.key());
    all.put("command", job.command());
    all.put("state", job.state().wire());
    all.put("exit_status", status(job.exitStatus()));
    all.put("signal", job.signal());
    all.put("signal_reason", job.signalReason());
    all.put("reason", job.reason());
    all.put("soft_failed", job.softFailed());
    all.put("retried", job.retried());
    all.put("retried_in_job_id", job.retriedIn());
    all.put("retries_count", job.retryCount());
    all.put("triggered_build", triggeredBuild(job.triggered()));
    all.put("parallel_group_index", job.parallel());
    all.put("parallel_group_total", job.parallelCount());
    all.put(
        "agent_query_rules",
        anyAgent
            ? List.of("queue=*")
            : job.agents().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    all.put(
        "agent",
        job.agentId() == null
            ? null
            : Map.of("id", job.agentId(), "name", String.valueOf(job.agent())));
    all.put("log_url", url + "/log");
    all.put("raw_log_url", url + "/log.txt");
    all.put("artifacts_url", url + "/artifacts");
    all.put("created_at", time(job.created()));
    all.put("scheduled_at", time(job.created()));
    all.put("runnable_at", time(job.runnable()));
    all.put("started_at", time(job.started()));
    all.put("finished_at", time(job.finished()));
    return all;
  }

  Map<String, Object> artifact(Build build, Artifact artifact) {
    String url =
        buildUrl(build.pipeline(), build.number())
            + "/jobs/"
            + artifact.job()
            + "/artifacts/"
            + artifact.id();
    String path = artifact.path();
    int slash = path.lastIndexOf('/');
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", artifact.id());
    all.put("job_id", artifact.job());
    all.put("url", url);
    all.put("download_url", url + "/download");
    all.put("state", artifact.state());
    all.put("path", path);
    all.put("dirname", slash < 0 ? "." : path.substring(0, slash));
    all.put("filename", path.substring(slash + 1));
    all.put("mime_type", artifact.contentType());
    all.put("file_size", artifact.fileSize());
    all.put("glob_path", artifact.globPath());
    all.put("original_path", artifact.absolutePath());
    all.put("sha1sum", artifact.sha1sum());
    all.put("sha256sum", artifact.sha256sum());
    return all;
  }

  /// @param job what it runs, if anything, as [#job] tells it
  Map<String, Object> agent(Agent agent, @Nullable Map<String, Object> job) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", agent.id());
    all.put("url", base + "/agents/" + agent.id());
    all.put("web_url", site() + "agents");
    all.put("name", agent.name());
    all.put("connection_state", state(agent));
    all.put("hostname", agent.hostname());
    all.put("version", agent.version());
    all.put("queue", agent.queues().getFirst());
    all.put("meta_data", agent.tags());
    AgentPause.Lasting pause = agent.pause();
    all.put("paused", pause != null);
    if (pause != null) {
      all.put("paused_at", time(pause.begun()));
      all.put("paused_note", pause.note());
      all.put("paused_timeout_in_minutes", pause.minutes());
    }
    all.put("created_at", time(agent.created()));
    all.put("job", job);
    return all;
  }

  private static String state(Agent agent) {
    return switch (agent.state()) {
      case "registered" -> "never_connected";
      case "connected" -> agent.stopping() ? "stopping" : "connected";
      default -> agent.state();
    };
  }

  static @Nullable String time(@Nullable Long millis) {
    return millis == null ? null : Instant.ofEpochMilli(millis).toString();
  }

  private static @Nullable Object status(@Nullable String text) {
    try {
      return text == null ? null : Integer.valueOf(text);
    } catch (NumberFormatException e) {
      return text;
    }
  }
}
