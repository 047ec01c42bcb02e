package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The agent of one slot. An agent's tags are fixed when it registers, so one whose tags are not
/// right any more is asked to leave, which it does after its job, and another takes its place when
/// it is gone: never two at once, and no job is handed to one that leaves.
final class AgentSlot implements AutoCloseable {
  /// An agent that dies sooner than this is not started again at once.
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);

  /// What an agent without a job needs to leave when it is asked to.
  private static final Duration GUARDIAN = Duration.ofSeconds(15);

  private final HostSettings host;
  private final int slot;
  private final Consumer<String> say;
  private @Nullable AgentProcess agent;
  private List<String> tags = List.of();
  private boolean leaving;

  /// Whether somebody was told that it is refused, and not yet that it is not any more.
  private boolean refused;

  private long earliest = System.nanoTime();

  /// Why the last one ended by itself, until another has lived for a while.
  private String trouble = "";

  private @Nullable Long overdue;

  /// How it was at the last look, and since when.
  private String last = "";

  private String since = "";

  AgentSlot(HostSettings host, int slot, Consumer<String> say) {
    this.host = host;
    this.slot = slot;
    this.say = say;
  }

  /// Brings it nearer to what is wanted; does not wait for a job.
  ///
  /// @param wanted tags of its agent; empty when there is to be none
  void tick(Optional<List<String>> wanted) {
    if (agent != null && !agent.alive()) {
      gone(agent);
    }
    if (agent != null && agent.age().compareTo(SHORT_LIFE) > 0) {
      trouble = "";
    }
    if (agent != null && !leaving) {
      registration(agent);
    }
    if (agent != null && !leaving && !wanted.equals(Optional.of(tags))) {
      say.accept(
          "agent "
              + agent.name()
              + agent.job().map(job -> " leaves after its job " + job).orElse(" leaves")
              + wanted.map(_ -> ": its tags changed").orElse(": it is to stay away"));
      leaving = true;
      agent.leave();
    }
    if (agent == null
        && !predecessorLives()
        && wanted.isPresent()
        && System.nanoTime() - earliest >= 0) {
      tags = wanted.get();
      agent = AgentProcess.start(host, slot, AgentTags.dated(tags));
      say.accept("agent " + agent.name() + " runs, pid " + agent.pid());
    }
  }

  /// Asked at each look, so that it knows since when.
  HostStatus.Agent status() {
    HostStatus.Agent now = now();
    if (!last.equals(now.state() + " " + now.job())) {
      last = now.state() + " " + now.job();
      since = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
    return new HostStatus.Agent(
        now.slot(),
        now.name(),
        now.state(),
        now.job(),
        now.tags(),
        now.trouble(),
        now.refusal(),
        since);
  }

  private HostStatus.Agent now() {
    String name = AgentConfig.name(host, slot);
    if (agent == null) {
      return predecessor()
          .map(_ -> AgentProcess.job(host, slot).orElse(""))
          .map(job -> agent(name, "leaving", job, List.of(), ""))
          .orElseGet(() -> agent(name, "away", "", List.of(), ""));
    }
    Optional<String> job = agent.job();
    String free = agent.registered() ? "idle" : "starting";
    String state = leaving ? "leaving" : job.isPresent() ? "busy" : free;
    return agent(name, state, job.orElse(""), tags, agent.refusal());
  }

  private HostStatus.Agent agent(
      String name, String state, String job, List<String> registered, String refusal) {
    return new HostStatus.Agent(slot + 1, name, state, job, registered, trouble, refusal, "");
  }

  /// Tells once that it is refused: it tries for minutes, and then another one does.
  private void registration(AgentProcess running) {
    boolean registered = running.registered();
    String refusal = running.refusal();
    if (registered && refused) {
      say.accept("agent " + running.name() + " is registered now");
    } else if (!refusal.isEmpty() && !refused) {
      say.accept(
          "agent "
              + running.name()
              + " is not registered, and tries again: "
              + refusal
              + "; check agent.endpoint in "
              + host.file()
              + ", here "
              + host.agent().endpoint());
    }
    refused = !registered && (refused || !refusal.isEmpty());
  }

  private void gone(AgentProcess ended) {
    if (!leaving) {
      trouble = "ended by itself: " + ended.lastWords();
      say.accept("agent " + ended.name() + " " + trouble + "; another is started");
      earliest = System.nanoTime() + SHORT_LIFE.minus(ended.age()).toNanos();
    }
    ended.close();
    agent = null;
    leaving = false;
  }

  /// The agent of a daemon that was killed finishes its job and leaves: its guardian has asked it
  /// to. Where that was killed too, this asks.
  private boolean predecessorLives() {
    Optional<ProcessHandle> before = predecessor();
    if (before.isEmpty()) {
      overdue = null;
      return false;
    }
    long now = System.nanoTime();
    if (overdue == null) {
      say.accept("waiting for the agent of an ended daemon, pid " + before.get().pid());
      overdue = now + GUARDIAN.toNanos();
    } else if (now - overdue > 0 && AgentProcess.job(host, slot).isEmpty()) {
      say.accept("asked the agent of an ended daemon to leave, pid " + before.get().pid());
      Farewell.say(host, AgentConfig.name(host, slot));
      before.get().destroy();
      overdue = now + GUARDIAN.toNanos();
    }
    return true;
  }

  private Optional<ProcessHandle> predecessor() {
    return Identity.read(AgentProcess.identity(host, slot)).flatMap(Identity::alive);
  }

  /// Asked once more, an agent cancels its job.
  @Override
  public void close() {
    if (agent != null) {
      agent.close();
      return;
    }
    predecessor()
        .ifPresent(
            before -> {
              Farewell.say(host, AgentConfig.name(host, slot));
              before.destroy();
            });
    try {
      Poll.until(
          "the end of the agent of an ended daemon",
          AgentProcess.grace(host),
          () -> Optional.of(slot).filter(_ -> predecessor().isEmpty()));
    } catch (Poll.TimedOut e) {
      predecessor().ifPresent(Processes::killTree);
    }
  }
}
