package dev.bakehouse.coordinator;

import java.util.Optional;

/// Who may call what. An agent's token is good for that agent, a job's token for that job and its
/// build.
final class Access {
  private final Core core;

  Access(Core core) {
    this.core = core;
  }

  void registration(Request request) {
    if (!core.tokens().isRegistration(request.token())) {
      throw new HttpError(401, "This is not the registration token of this coordinator");
    }
  }

  /// The calling agent.
  String agent(Request request) {
    String id =
        core.tokens()
            .verify(Tokens.AGENT, request.token())
            .orElseThrow(() -> new HttpError(401, "This is not an agent's access token"));
    core.heard(id);
    return id;
  }

  /// The calling agent, by its own token or by that of the job it has.
  String agentOrJob(Request request) {
    Optional<String> job = core.tokens().verify(Tokens.JOB, request.token());
    if (job.isEmpty()) {
      return agent(request);
    }
    return Optional.ofNullable(held(job.get()).agent())
        .orElseThrow(() -> new HttpError(422, "The job has no agent"));
  }

  /// The path's `:id`, called with the token of that job or of the agent that has it: 3.78 starts
  /// and finishes jobs with its own.
  String job(Request request) {
    String id = request.var("id");
    if (core.tokens().verify(Tokens.AGENT, request.token()).isPresent()) {
      String agent = agent(request);
      if (!agent.equals(core.database().read(tx -> Job.get(tx, id)).agent())) {
        throw new HttpError(403, "The job is not this agent's");
      }
      core.heard(id);
      return id;
    }
    if (!caller(request).equals(id)) {
      throw new HttpError(403, "A job's token is good for that job only");
    }
    return id;
  }

  /// Like [#job], or the caller where the path names none, for what only a job may do that an agent
  /// has: the processes of one that was given up may be alive for long.
  String running(Request request) {
    String id = request.path().containsKey("id") ? job(request) : caller(request);
    return held(id).id();
  }

  private Job held(String id) {
    Job job = core.database().read(tx -> Job.get(tx, id));
    if (!job.state().held()) {
      throw new HttpError(401, "The job has ended, and its token with it");
    }
    return job;
  }

  /// The calling job; the path's `:id` must be its build.
  String jobOfBuild(Request request) {
    String id = caller(request);
    String build = core.database().read(tx -> Job.get(tx, id)).build();
    if (!build.equals(request.var("id"))) {
      throw new HttpError(403, "A job's token is good for its own build only");
    }
    return id;
  }

  /// The path's `:id`, a build the calling job may look into: any of its pipeline's, as an agent
  /// downloads artifacts of an earlier one.
  ///
  /// @return empty when there is no such build; agents ask again and again when told so by a status
  Optional<String> buildOfPipeline(Request request) {
    String id = request.var("id");
    String job = caller(request);
    return core.database()
        .read(
            tx -> {
              Optional<Build> build = tx.one("SELECT * FROM builds WHERE id=?", Build::row, id);
              String own = Build.get(tx, Job.get(tx, job).build()).pipeline();
              if (build.isPresent() && !build.get().pipeline().equals(own)) {
                throw new HttpError(403, "A job's token is good for builds of its pipeline only");
              }
              return build.map(Build::id);
            });
  }

  /// The calling job.
  String caller(Request request) {
    String id =
        core.tokens()
            .verify(Tokens.JOB, request.token())
            .orElseThrow(() -> new HttpError(401, "This is not a job's token"));
    String agent =
        core.database().read(tx -> Optional.ofNullable(Job.get(tx, id).agent())).orElse("");
    if (!agent.isEmpty()) {
      core.heard(agent);
    }
    core.heard(id);
    return id;
  }
}
