package dev.bakehouse.coordinator;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Looks twice a second for agents that fell silent, and jobs and pauses that passed their time.
final class Sweeper implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Sweeper.class.getName());
  private static final long PERIOD_MILLIS = 500;
  private static final Duration KEPT = Duration.ofHours(1);

  /// A job may be silent for so many times as long as an agent.
  private static final int FORGOTTEN = 4;

  /// Whoever was not heard of for longer may have spoken to a coordinator that did not listen.
  private static final Duration STOOD_STILL = Duration.ofSeconds(5);

  private final Core core;
  private final Lifecycle lifecycle;
  private final Waiting waiting;
  private volatile long looked = System.nanoTime();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coordinator-sweeper").factory());

  Sweeper(Core core, Lifecycle lifecycle, Waiting waiting) {
    this.core = core;
    this.lifecycle = lifecycle;
    this.waiting = waiting;
    clock.scheduleWithFixedDelay(this::sweep, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void sweep() {
    try {
      core.database()
          .call(
              tx -> {
                stoodStill();
                silent(tx);
                forgotten(tx);
                overdue(tx);
                return AgentPause.end(tx);
              })
          .forEach(waiting::tell);
      looked = System.nanoTime();
    } catch (RuntimeException e) {
      if (FullDisk.caused(e)) {
        LOG.log(Level.ERROR, FullDisk.WORDS);
      } else {
        LOG.log(Level.ERROR, "Looking for lost agents failed; it is tried again", e);
      }
    }
  }

  /// Stopped, on a machine that was, or on a disk that hung, it heard nobody: as after a start, all
  /// have their full time again.
  private void stoodStill() {
    if (System.nanoTime() - looked > STOOD_STILL.toNanos()) {
      LOG.log(Level.WARNING, "The coordinator stood still for a while; no agent is lost for that");
      core.seen().clear();
    }
  }

  private void silent(Transaction tx) throws SQLException {
    List<Agent> agents =
        tx.list("SELECT * FROM agents WHERE state IN ('registered','connected')", Agent::row);
    long now = System.nanoTime();
    for (Agent agent : agents) {
      long heard = core.seen().computeIfAbsent(agent.id(), id -> now);
      if (now - heard > core.config().lostAfter().toNanos()) {
        LOG.log(Level.WARNING, "Agent {0} was not heard of any more", agent.name());
        tx.update("UPDATE agents SET state='lost' WHERE id=?", agent.id());
        waiting.end(agent.id());
        for (Job job : Job.ofAgent(tx, agent.id())) {
          lifecycle.lost(tx, job);
        }
      }
    }
  }

  /// Jobs that were offered and not taken, and jobs whose agent lives but tells nothing of them: it
  /// would ask for their state every few seconds. The job of a trigger step runs without one.
  private void forgotten(Transaction tx) throws SQLException {
    long now = System.nanoTime();
    long limit = core.config().lostAfter().toNanos() * FORGOTTEN;
    List<Job> jobs =
        tx.list(
            "SELECT * FROM jobs WHERE type='script' AND state IN (" + JobState.BUSY + ")",
            Job::row);
    for (Job job : jobs) {
      long heard = core.seen().computeIfAbsent(job.id(), id -> now);
      if (now - heard > (job.state() == JobState.ASSIGNED ? limit / FORGOTTEN : limit)) {
        LOG.log(Level.WARNING, "Job {0} was not heard of any more", job.id());
        core.seen().remove(job.id());
        lifecycle.lost(tx, job);
      }
    }
    core.seen().values().removeIf(heard -> now - heard > KEPT.toNanos());
  }

  private void overdue(Transaction tx) throws SQLException {
    Map<String, Long> ends = new HashMap<>();
    tx.list(
        "SELECT id, deadline FROM jobs WHERE state IN ('running','canceling','timing_out') AND"
            + " deadline IS NOT NULL",
        row -> ends.put(row.getString(1), row.getLong(2)));
    core.deadlines().keep(ends.keySet());
    for (Map.Entry<String, Long> end : ends.entrySet()) {
      String id = end.getKey();
      long told = end.getValue();
      if (core.deadlines().passed(id, told)) {
        lifecycle.overdue(tx, Job.get(tx, id));
        continue;
      }
      long corrected = core.deadlines().corrected(id, told);
      if (corrected != told) {
        tx.update("UPDATE jobs SET deadline=? WHERE id=?", corrected, id);
      }
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
