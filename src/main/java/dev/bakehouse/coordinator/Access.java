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
    return Optional.ofNullable(held(get(job.get())).agent())
        .orElseThrow(() -> new HttpError(422, "The job has no agent"));
  }

  /// Whether a job asks, and not an agent.
  boolean byJob(Request request) {
    return core.tokens().verify(Tokens.JOB, request.token()).isPresent();
  }

  /// The path's `:id`, called with the token of that job or of the agent that has it: 3.78 starts
  /// and finishes jobs with its own.
  String job(Request request) {
    return called(request).id();
  }

  private Job called(Request request) {
    String id = request.var("id");
    if (core.tokens().verify(Tokens.AGENT, request.token()).isPresent()) {
      String agent = agent(request);
      Job job = get(id);
      if (!agent.equals(job.agent())) {
        throw new HttpError(403, "The job is not this agent's");
      }
      core.heard(id);
      return job;
    }
    Job job = calling(request);
    if (!job.id().equals(id)) {
      throw new HttpError(403, "A job's token is good for that job only");
    }
    return job;
  }

  /// Like [#job], or the caller where the path names none, for what only a job may do that an agent
  /// has: the processes of one that was given up may be alive for long.
  String running(Request request) {
    return held(request.path().containsKey("id") ? called(request) : calling(request)).id();
  }

  private Job get(String id) {
    return core.database().read(tx -> Job.get(tx, id));
  }

  private static Job held(Job job) {
    if (!job.state().held()) {
      throw new HttpError(401, "The job has ended, and its token with it");
    }
    return job;
  }

  /// The path's `:id` must be the calling job's build.
  void jobOfBuild(Request request) {
    if (!calling(request).build().equals(request.var("id"))) {
      throw new HttpError(403, "A job's token is good for its own build only");
    }
  }

  /// The path's `:id`, a build the calling job may look into: any of its pipeline's, as an agent
  /// downloads artifacts of an earlier one.
  ///
  /// @return empty when there is no such build; agents ask again and again when told so by a status
  Optional<String> buildOfPipeline(Request request) {
    String id = request.var("id");
    Job job = calling(request);
    return core.database()
        .read(
            tx -> {
              Optional<Build> build = tx.one("SELECT * FROM builds WHERE id=?", Build::row, id);
              String own = Build.get(tx, job.build()).pipeline();
              if (build.isPresent() && !build.get().pipeline().equals(own)) {
                throw new HttpError(403, "A job's token is good for builds of its pipeline only");
              }
              return build.map(Build::id);
            });
  }

  /// The calling job.
  String caller(Request request) {
    return calling(request).id();
  }

  private Job calling(Request request) {
    String id =
        core.tokens()
            .verify(Tokens.JOB, request.token())
            .orElseThrow(() -> new HttpError(401, "This is not a job's token"));
    Job job = get(id);
    if (job.agent() != null) {
      core.heard(job.agent());
    }
    core.heard(id);
    return job;
  }
}
