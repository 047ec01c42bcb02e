package dev.bakehouse.buildkite;

import dev.bakehouse.buildkite.Explanation.Ahead;
import dev.bakehouse.buildkite.Explanation.Awaited;
import dev.bakehouse.buildkite.Explanation.Candidate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Finds out why a job waits, with nothing but the REST API.
public final class Explainer {
  private static final List<String> ACTIVE = List.of("scheduled", "running", "failing");
  private static final int BUILDS = 100;
  private static final int NEAREST = 5;

  private final RestClient client;
  private final Clock clock;

  /// @param clock that of who asks; it should agree with the server's
  public Explainer(RestClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /// @param job as [RestClient#job] told it
  public Explanation explain(JobInfo job) {
    String state = job.state() == null ? "unknown" : job.state();
    return switch (state) {
      case "scheduled" -> scheduled(job);
      case "waiting", "pending" -> waiting(job);
      case "blocked" ->
          "script".equals(job.type())
                  || triggers(job)
                  || (job.waitingFor() != null && !job.waitingFor().isEmpty())
              ? waiting(job)
              : told(job, "blocked", "It waits for somebody to unblock it.");
      case "limited", "limiting", "platform_limiting", "platform_limited" -> limited(job);
      case "assigned", "accepted", "reserved" ->
          told(job, "assigned", "The agent " + agent(job) + " was given it and starts it now.");
      case "running", "canceling", "timing_out" ->
          told(
              job,
              "running",
              (triggers(job)
                      ? "It waits for the build that it triggered"
                      : "It runs on " + agent(job))
                  + " since "
                  + job.startedAt()
                  + ".");
      case "waiting_failed", "blocked_failed", "unblocked_failed" ->
          told(job, "never-ran", "It never ran: what it depends on failed.");
      case "skipped", "broken" ->
          told(
              job, "never-ran", "It never ran: its step was left out of this build." + reason(job));
      case "expired" -> told(job, "never-ran", "It never ran: no agent took it in time; retry it.");
      default -> ended(job);
    };
  }

  private Explanation ended(JobInfo job) {
    if (job.startedAt() == null) {
      return told(job, "never-ran", "It never ran: it was " + job.state() + " before it began.");
    }
    String status = job.exitStatus() == null ? "" : ", exit status " + job.exitStatus();
    String why = job.signalReason() == null ? "" : ", " + job.signalReason();
    String waited =
        job.runnableAt() == null
            ? ""
            : ", after it had waited "
                + Explanation.seconds(
                    Duration.between(
                            Instant.parse(job.runnableAt()), Instant.parse(job.startedAt()))
                        .toSeconds());
    return told(
        job,
        "ran",
        (triggers(job) ? "It waited for the build that it triggered" : "It ran on " + agent(job))
            + " for "
            + Explanation.seconds(job.time().toSeconds())
            + status
            + why
            + waited
            + (job.retriedInJobId() == null ? "" : "; it was run again as " + job.retriedInJobId())
            + "."
            + reason(job));
  }

  private static String reason(JobInfo job) {
    return job.reason() == null ? "" : " " + job.reason();
  }

  /// It has no agent.
  private static boolean triggers(JobInfo job) {
    return "trigger".equals(job.type());
  }

  private static String agent(JobInfo job) {
    AgentInfo agent = job.agent();
    return agent == null
        ? "an agent"
        : agent.name() + (agent.hostname() == null ? "" : " on " + agent.hostname());
  }

  private Explanation waiting(JobInfo job) {
    List<JobInfo> waits = job.waitingFor() == null ? unfinished(job) : job.waitingFor();
    boolean people = waits.stream().anyMatch(j -> j.is("blocked"));
    String summary =
        waits.isEmpty()
            ? "The coordinator has not decided yet; ask again."
            : people
                ? "It waits for other steps, one of which somebody must unblock."
                : "It waits for other steps of its build.";
    String verdict = people ? "blocked" : "dependencies";
    return of(job, verdict, summary, List.of(), List.of(), null, awaited(waits));
  }

  private Explanation limited(JobInfo job) {
    List<JobInfo> waits = job.waitingFor() == null ? List.of() : job.waitingFor();
    String summary =
        waits.stream().noneMatch(j -> j.is("waiting", "limited"))
            ? "As many jobs of its concurrency group run as may; it starts when one of them ends."
            : "Jobs of its concurrency group come before it, those that wait themselves, too.";
    return of(job, "limited", summary, List.of(), List.of(), null, awaited(waits));
  }

  private static List<Awaited> awaited(List<JobInfo> waits) {
    return waits.stream()
        .map(j -> new Awaited(String.valueOf(j.id()), j.title(), String.valueOf(j.state())))
        .toList();
  }

  /// Which steps one depends on Buildkite does not tell; they are among those that are not done.
  private List<JobInfo> unfinished(JobInfo job) {
    return build(job).map(BuildInfo::jobs).orElse(List.of()).stream()
        .filter(j -> !"waiter".equals(j.type()) && !Objects.equals(j.id(), job.id()))
        .filter(j -> j.finishedAt() == null && !j.is("waiting", "pending", "waiting_failed"))
        .toList();
  }

  private Optional<BuildInfo> build(JobInfo job) {
    return where(job).map(w -> client.build(w.pipeline().orElseThrow(), w.build().orElseThrow()));
  }

  private Explanation scheduled(JobInfo job) {
    List<AgentInfo> agents = client.agents();
    List<AgentInfo> matching =
        agents.stream().filter(a -> a.missing(job.agentQueryRules()).isEmpty()).toList();
    List<AgentInfo> takers = matching.stream().filter(a -> a.held() == null).toList();
    List<AgentInfo> others =
        takers.stream().filter(a -> !job.leftToOthersBy().contains(a.host())).toList();
    if (!takers.isEmpty()) {
      return queued(job, others.isEmpty() ? takers : others);
    }
    if (!matching.isEmpty()) {
      return of(
          job,
          "paused",
          "Every agent that could take it is paused or stopping.",
          candidates(job, matching),
          List.of(),
          null,
          List.of());
    }
    return nobody(job, agents);
  }

  private Explanation nobody(JobInfo job, List<AgentInfo> agents) {
    List<String> rules = job.agentQueryRules();
    List<AgentInfo> nearest =
        agents.stream().sorted(Comparator.comparingInt(a -> a.missing(rules).size())).toList();
    List<AgentInfo> unready =
        nearest.stream().filter(a -> a.missing(rules).stream().allMatch(Explainer::vm)).toList();
    if (!unready.isEmpty()) {
      List<String> hosts = unready.stream().map(AgentInfo::host).distinct().toList();
      return of(
          job,
          "not-ready",
          "The hosts it could run on are not ready: " + String.join(", ", hosts) + ".",
          candidates(job, unready),
          List.of(),
          null,
          List.of());
    }
    String summary =
        agents.isEmpty()
            ? "No agent is connected."
            : "No agent has " + String.join(", ", lacked(rules, agents)) + ".";
    List<Candidate> near = candidates(job, nearest.stream().limit(NEAREST).toList());
    return of(job, "no-agent", summary, near, List.of(), null, List.of());
  }

  /// What nobody has at all, else all of the rules: then no one has them together.
  private static List<String> lacked(List<String> rules, List<AgentInfo> agents) {
    List<String> nowhere =
        agents.getFirst().missing(rules).stream()
            .filter(rule -> agents.stream().allMatch(a -> a.missing(rules).contains(rule)))
            .toList();
    return !nowhere.isEmpty()
        ? nowhere
        : rules.isEmpty() ? List.of("queue=default") : List.of(String.join(" and ", rules));
  }

  /// A tag that tells of a host's readiness.
  private static boolean vm(String rule) {
    return rule.startsWith("vm-");
  }

  private Explanation queued(JobInfo job, List<AgentInfo> takers) {
    List<JobInfo> ahead =
        client.builds(BuildQuery.in(ACTIVE, BUILDS)).stream()
            .flatMap(b -> b.jobs().stream())
            .filter(j -> j.is("scheduled") && !Objects.equals(j.id(), job.id()))
            .filter(j -> takers.stream().anyMatch(a -> a.missing(j.agentQueryRules()).isEmpty()))
            .filter(j -> order().compare(j, job) < 0)
            .sorted(order())
            .toList();
    long idle = takers.stream().filter(a -> a.job() == null).count();
    Durations durations = new Durations(client);
    Long wait =
        durations.wait(takers, ahead, clock.instant()).map(Duration::toSeconds).orElse(null);
    String first = ahead.isEmpty() ? "" : "; " + ahead.size() + " jobs come before it";
    String left =
        job.leftToOthersBy().isEmpty()
            ? ""
            : " "
                + String.join(", ", job.leftToOthersBy())
                + ", where its machinery failed, leaves it to them for five minutes.";
    String summary =
        idle > ahead.size()
            ? "An agent that can take it is free and gets it when it asks next."
            : "All " + takers.size() + " agents that can take it are busy" + first + "." + left;
    List<Ahead> shown =
        ahead.stream()
            .map(
                j ->
                    new Ahead(
                        String.valueOf(j.id()),
                        j.title(),
                        Durations.pipeline(j).orElse(null),
                        j.rank()))
            .toList();
    String verdict = idle > ahead.size() ? "next" : "busy";
    return of(job, verdict, summary, candidates(job, takers), shown, wait, List.of());
  }

  /// As jobs are given out.
  private static Comparator<JobInfo> order() {
    return Comparator.comparingInt((JobInfo j) -> -j.rank())
        .thenComparing(JobInfo::since)
        .thenComparing(j -> String.valueOf(j.id()));
  }

  private static List<Candidate> candidates(JobInfo job, List<AgentInfo> agents) {
    return agents.stream().map(a -> candidate(job, a)).toList();
  }

  private static Candidate candidate(JobInfo job, AgentInfo agent) {
    List<String> missing = agent.missing(job.agentQueryRules());
    JobInfo runs = agent.job();
    return new Candidate(
        String.valueOf(agent.name()),
        agent.host(),
        missing,
        missing.stream().anyMatch(Explainer::vm)
            ? agent.values("vm-status-reason").stream().findFirst().orElse(null)
            : null,
        agent.held(),
        runs == null ? null : runs.title());
  }

  private Explanation told(JobInfo job, String verdict, String summary) {
    return of(job, verdict, summary, List.of(), List.of(), null, List.of());
  }

  private static Optional<JobReference> where(JobInfo job) {
    return Optional.ofNullable(job.buildUrl()).map(JobReference::parse);
  }

  private Explanation of(
      JobInfo job,
      String verdict,
      String summary,
      List<Candidate> agents,
      List<Ahead> ahead,
      @Nullable Long wait,
      List<Awaited> waits) {
    Optional<JobReference> where = where(job);
    OptionalInt number = where.map(JobReference::build).orElse(OptionalInt.empty());
    return new Explanation(
        String.valueOf(job.id()),
        job.title(),
        where.flatMap(JobReference::pipeline).orElse(null),
        number.isPresent() ? number.getAsInt() : null,
        String.valueOf(job.state()),
        verdict,
        summary,
        job.agentQueryRules(),
        agents,
        ahead,
        wait,
        waits);
  }
}
