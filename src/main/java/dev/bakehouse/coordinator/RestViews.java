package dev.bakehouse.coordinator;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds, jobs, artifacts and agents in the shapes of Buildkite's REST API.
///
/// @param base where the caller reached the server, with the organization: `…/v2/organizations/ORG`
record RestViews(String base) {
  Map<String, Object> build(BuildView build) {
    String url = base + "/pipelines/" + build.pipeline() + "/builds/" + build.number();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", build.id());
    all.put("url", url);
    all.put("web_url", url);
    all.put("number", build.number());
    all.put("state", build.state());
    all.put("blocked", build.blocked());
    all.put("message", build.message());
    all.put("commit", build.commit());
    all.put("branch", build.branch());
    all.put("source", build.source());
    all.put("env", build.env());
    all.put("pull_request", PullRequest.of(build.env()));
    all.put("meta_data", build.metaData());
    all.put("created_at", time(build.created()));
    all.put("scheduled_at", time(build.created()));
    all.put("started_at", time(build.started()));
    all.put("finished_at", time(build.finished()));
    all.put("pipeline", Map.of("slug", build.pipeline(), "name", build.pipeline()));
    all.put("jobs", build.jobs().stream().map(job -> job(url, job)).toList());
    return all;
  }

  private Map<String, Object> job(String buildUrl, JobView job) {
    String url = buildUrl + "/jobs/" + job.id();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", job.id());
    all.put("type", job.type());
    all.put("name", job.label());
    all.put("step_key", job.key());
    all.put("command", job.command());
    all.put("state", job.state().wire());
    all.put("exit_status", status(job.exitStatus()));
    all.put("signal", job.signal());
    all.put("signal_reason", job.signalReason());
    all.put("soft_failed", job.softFailed());
    all.put("retried", job.retried());
    all.put("retried_in_job_id", job.retriedIn());
    all.put("retries_count", job.retryCount());
    all.put("parallel_group_index", job.parallel());
    all.put("parallel_group_total", job.parallelCount());
    all.put(
        "agent_query_rules",
        job.agents().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
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

  Map<String, Object> artifact(BuildView build, Artifact artifact) {
    String url =
        base
            + "/pipelines/"
            + build.pipeline()
            + "/builds/"
            + build.number()
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

  Map<String, Object> agent(Agent agent, List<Job> jobs) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", agent.id());
    all.put("url", base + "/agents/" + agent.id());
    all.put("name", agent.name());
    all.put("connection_state", agent.state());
    all.put("hostname", agent.hostname());
    all.put("version", agent.version());
    all.put("meta_data", agent.tags());
    all.put("paused", agent.paused());
    all.put("created_at", time(agent.created()));
    all.put(
        "job",
        jobs.isEmpty()
            ? null
            : Map.of("id", jobs.getFirst().id(), "state", jobs.getFirst().state().wire()));
    return all;
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
