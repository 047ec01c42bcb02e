package dev.bakehouse.coordinator;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/v2`: logs, artifacts, agents.
final class RestJobs {
  private static final String ROOT = "/v2/organizations/:org";
  private static final String BUILD = ROOT + "/pipelines/:pipeline/builds/:number";

  private final Core core;
  private final RestAccess access;
  private final Logs logs;
  private final ArtifactSearch artifacts;

  RestJobs(Core core, RestAccess access, Logs logs, ArtifactSearch artifacts) {
    this.core = core;
    this.access = access;
    this.logs = logs;
    this.artifacts = artifacts;
  }

  void routes(Router router) {
    router.add("GET", BUILD + "/jobs/:job/log", this::log);
    router.add("GET", BUILD + "/jobs/:job/log.txt", this::rawLog);
    router.add("GET", BUILD + "/artifacts", this::list);
    router.add("GET", BUILD + "/jobs/:job/artifacts", this::list);
    router.add("GET", BUILD + "/jobs/:job/artifacts/:artifact", this::show);
    router.add("GET", BUILD + "/artifacts/:artifact", this::show);
    router.add("GET", BUILD + "/jobs/:job/artifacts/:artifact/download", this::download);
    router.add("GET", BUILD + "/artifacts/:artifact/download", this::download);
    router.add("GET", ROOT + "/agents", this::agents);
  }

  private Reply log(Request request) {
    String job = job(request);
    return request.header("Accept").filter(a -> a.startsWith("text/plain")).isPresent()
        ? logs.text(job)
        : logs.json(job, Map.of("header_times", List.of()));
  }

  private Reply rawLog(Request request) {
    return logs.text(job(request));
  }

  private String job(Request request) {
    access.views(request);
    String job = request.var("job");
    boolean there = access.build(request).jobs().stream().anyMatch(j -> j.id().equals(job));
    if (!there) {
      throw HttpError.notFound("Job " + job);
    }
    return job;
  }

  private Reply list(Request request) {
    RestViews views = access.views(request);
    BuildView build = access.build(request);
    String scope = request.path().getOrDefault("job", "");
    return Reply.json(
        core
            .database()
            .call(tx -> ArtifactSearch.ofBuild(tx, build.id(), scope, true, "finished"))
            .stream()
            .map(a -> views.artifact(build, a))
            .toList());
  }

  private Reply show(Request request) {
    RestViews views = access.views(request);
    return Reply.json(views.artifact(access.build(request), artifact(request)));
  }

  private Reply download(Request request) {
    access.views(request);
    String link = artifacts.link(request, artifact(request));
    return new Reply.Body(
        302, "application/json", Json.bytes(Map.of("url", link)), Map.of("Location", link));
  }

  private Artifact artifact(Request request) {
    String build = access.build(request).id();
    String id = request.var("artifact");
    Optional<Artifact> found = core.database().call(tx -> Artifact.find(tx, id));
    return found
        .filter(a -> a.build().equals(build))
        .orElseThrow(() -> HttpError.notFound("Artifact " + id));
  }

  private Reply agents(Request request) {
    RestViews views = access.views(request);
    return Reply.json(
        core.database()
            .call(
                tx -> {
                  List<Map<String, Object>> all = new java.util.ArrayList<>();
                  for (Agent agent :
                      tx.list(
                          "SELECT * FROM agents WHERE state='connected' ORDER BY name",
                          Agent::row)) {
                    all.add(views.agent(agent, Job.ofAgent(tx, agent.id())));
                  }
                  return all;
                }));
  }
}
