package dev.bakehouse.coordinator;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Agents that wait with a request open: one thread gives them the jobs that fit as soon as these
/// may run, those with a higher priority first.
final class Waiting implements AutoCloseable {
  private static final Duration PULSE = Duration.ofSeconds(5);

  /// Until jobs are looked at again that were left to others.
  private static final Duration LEFT = Duration.ofMillis(200);

  private static final Logger LOG = System.getLogger(Waiting.class.getName());

  private final Core core;
  private final Dispatcher dispatcher;

  /// Each agent's newest request, by the agent's id.
  private final Map<String, Waiter> waiters = new ConcurrentHashMap<>();

  /// Those of them that may be given jobs.
  private final Map<Waiter, Agent> idle = new ConcurrentHashMap<>();

  private final Changes woken = new Changes();
  private final Thread offering;
  private volatile boolean closed;

  /// What a waiting agent is told.
  sealed interface Word {}

  /// Something changed for it: it was offered a job, paused, asked to stop.
  record Look() implements Word {}

  /// Another request of it is open now, or it is gone.
  record End() implements Word {}

  /// One agent's open request.
  final class Waiter implements AutoCloseable {
    private final String id;
    private final boolean asks;
    private final BlockingQueue<Word> words = new LinkedBlockingQueue<>();

    private Waiter(String id, boolean asks) {
      this.id = id;
      this.asks = asks;
    }

    /// From now on it may be given jobs.
    void ready(Agent agent) {
      if (!agent.ignored()) {
        idle.put(this, agent);
        woken.signal();
      }
    }

    /// The next word; nothing when there is none until then or this thread is to end.
    ///
    /// @param until in [System#nanoTime]
    @Nullable Word next(long until) {
      try {
        return words.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
    }

    /// Whether it was still this agent's newest request.
    boolean leave() {
      idle.remove(this);
      return waiters.remove(id, this);
    }

    @Override
    public void close() {
      boolean _ = leave();
    }
  }

  Waiting(Core core, Dispatcher dispatcher) {
    this.core = core;
    this.dispatcher = dispatcher;
    core.changes().listen(woken::signal);
    this.offering =
        Thread.ofPlatform().daemon().name("coordinator-offers").start(this::offerForEver);
  }

  /// An agent begins to wait, for words about itself; an older request of it ends.
  ///
  /// @param asks whether it asks again and again, as others may do that a job is meant for
  Waiter begin(String agent, boolean asks) {
    Waiter mine = new Waiter(agent, asks);
    Waiter before = waiters.put(agent, mine);
    if (before != null) {
      before.words.add(new End());
    }
    return mine;
  }

  /// Something changed for an agent: it is told, when it waits.
  void tell(String agent) {
    say(agent, new Look());
  }

  /// An agent that is gone does not wait, whatever the network has not told yet.
  void end(String agent) {
    say(agent, new End());
  }

  private void say(String agent, Word word) {
    Waiter one = waiters.get(agent);
    if (one != null) {
      one.words.add(word);
    }
  }

  private void offerForEver() {
    try {
      while (!closed) {
        long version = woken.version();
        woken.await(version, offered() ? LEFT : PULSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @param wanted what the jobs that may run ask for
  private List<Map.Entry<Waiter, Agent>> fit(Transaction tx, List<Map<String, String>> wanted)
      throws SQLException {
    if (wanted.isEmpty()) {
      return List.of();
    }
    Set<String> busy = dispatcher.busy(tx);
    Comparator<Map.Entry<Waiter, Agent>> lowest =
        Comparator.comparingInt(one -> one.getValue().priority());
    return idle.entrySet().stream()
        .map(Map.Entry::copyOf)
        .filter(one -> waiters.get(one.getValue().id()) == one.getKey())
        .filter(one -> !busy.contains(one.getValue().id()))
        .filter(one -> dispatcher.fits(one.getValue(), wanted))
        .sorted(lowest.reversed())
        .toList();
  }

  /// @return whether there may be a job for one of them that it was not given yet
  private boolean offered() {
    try {
      if (idle.isEmpty() || core.database().read(tx -> fit(tx, dispatcher.wanted(tx))).isEmpty()) {
        return false;
      }
      List<Waiter> given = new ArrayList<>();
      boolean left = core.database().call(tx -> give(tx, given));
      given.forEach(one -> one.words.add(new Look()));
      return left;
    } catch (RuntimeException e) {
      if (!closed) {
        LOG.log(Level.ERROR, "Offering jobs failed; it is tried again", e);
      }
      return true;
    }
  }

  private boolean give(Transaction tx, List<Waiter> given) throws SQLException {
    given.clear(); // The writer may do it twice.
    boolean left = false;
    List<Map<String, String>> wanted = dispatcher.wanted(tx);
    for (Map.Entry<Waiter, Agent> one : fit(tx, wanted)) {
      if (dispatcher.fits(one.getValue(), wanted)) {
        if (dispatcher.offer(tx, one.getValue().id(), one.getKey().asks)) {
          given.add(one.getKey());
          wanted = dispatcher.wanted(tx);
        } else {
          left = true;
        }
      }
    }
    return left;
  }

  @Override
  public void close() {
    closed = true;
    offering.interrupt();
  }
}
