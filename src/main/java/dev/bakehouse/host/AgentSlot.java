package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import java.time.Duration;
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
  private long earliest = System.nanoTime();

  /// Why the last one ended by itself, until another has lived for a while.
  private String trouble = "";

  private @Nullable Long overdue;

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

  HostStatus.Agent status() {
    String name = AgentConfig.name(host, slot);
    if (agent == null) {
      return predecessor()
          .map(_ -> AgentProcess.job(host, slot).orElse(""))
          .map(job -> new HostStatus.Agent(slot + 1, name, "leaving", job, List.of(), trouble))
          .orElse(new HostStatus.Agent(slot + 1, name, "away", "", List.of(), trouble));
    }
    Optional<String> job = agent.job();
    String state = leaving ? "leaving" : job.isPresent() ? "busy" : "idle";
    return new HostStatus.Agent(slot + 1, name, state, job.orElse(""), tags, trouble);
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
