package dev.bakehouse.coordinator;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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

/// Agents that hold a stream of pings open instead of asking again and again: one thread gives them
/// the jobs that fit as soon as these may run. An agent that gets an error here polls.
///
/// The agent ends its stream after a minute and opens another, in the middle of a job too; each
/// begins with how things stand for it. Its silence is seen by its heartbeats, a forgotten job by
/// [Sweeper].
final class PingStreams implements AutoCloseable {
  /// Agents end it before; one that vanished does not.
  private static final Duration LONGEST = Duration.ofSeconds(75);

  private static final Duration PULSE = Duration.ofSeconds(5);
  private static final int BODY_LIMIT = 4096;
  private static final byte[] END = new byte[0];
  private static final Logger LOG = System.getLogger(PingStreams.class.getName());

  private final Core core;
  private final Access access;
  private final Dispatcher dispatcher;
  private final Map<String, Open> open = new ConcurrentHashMap<>();
  private final Thread offering;
  private volatile boolean closed;

  private record Open(Agent agent, BlockingQueue<byte[]> messages) {}

  private record Offer(Open to, String job) {}

  PingStreams(Core core, Access access, Dispatcher dispatcher) {
    this.core = core;
    this.access = access;
    this.dispatcher = dispatcher;
    this.offering =
        Thread.ofPlatform().daemon().name("coordinator-offers").start(this::offerForEver);
  }

  void routes(Router router) {
    router.add("POST", "/agentedge.v1.AgentEdgeService/StreamPings", this::stream);
  }

  /// Tells an agent how things stand for it, when it has a stream.
  void tell(String agent) {
    Open one = open.get(agent);
    if (one != null) {
      one.messages.addAll(core.database().read(tx -> dispatcher.standing(tx, agent)));
    }
  }

  /// An agent that asks by itself or is gone has no stream, whatever the network has not told yet.
  void end(String agent) {
    Open one = open.remove(agent);
    if (one != null) {
      one.messages.add(END);
    }
  }

  private Reply stream(Request request) {
    String id = access.agent(request);
    String named = PingFrames.agent(request.body(BODY_LIMIT));
    if (!named.isEmpty() && !named.equals(id)) {
      throw new HttpError(403, "An agent's token is good for its own stream only");
    }
    Agent agent = core.database().call(tx -> dispatcher.connect(tx, id));
    return new Reply.Stream(
        0,
        "application/grpc",
        out -> serve(new Open(agent, new LinkedBlockingQueue<>()), out),
        Map.of());
  }

  private void serve(Open mine, OutputStream out) throws IOException {
    String id = mine.agent.id();
    end(id);
    open.put(id, mine);
    try {
      tell(id);
      core.changes().signal();
      long end = System.nanoTime() + LONGEST.toNanos();
      byte[] message = mine.messages.poll(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
      while (message != null && message.length > 0) {
        out.write(message);
        out.flush();
        message = mine.messages.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Another stream has told the agent by now what it was offered.
      if (open.remove(id, mine)) {
        core.database().run(tx -> dispatcher.giveBack(tx, id));
      }
      throw e;
    } finally {
      open.remove(id, mine);
    }
  }

  private void offerForEver() {
    try {
      while (!closed) {
        long version = core.changes().version();
        offer();
        core.changes().await(version, PULSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Open> byPriority() {
    return open.values().stream()
        .sorted(Comparator.comparingInt((Open one) -> one.agent.priority()).reversed())
        .toList();
  }

  private void offer() {
    try {
      if (open.isEmpty() || core.database().read(dispatcher::wanted).isEmpty()) {
        return;
      }
      List<Offer> offers =
          core.database()
              .call(
                  tx -> {
                    List<Offer> all = new ArrayList<>();
                    List<Map<String, String>> wanted = dispatcher.wanted(tx);
                    Set<String> busy = dispatcher.busy(tx);
                    for (Open one : byPriority()) {
                      if (!busy.contains(one.agent.id()) && dispatcher.fits(one.agent, wanted)) {
                        var job = dispatcher.offer(tx, one.agent.id());
                        job.ifPresent(id -> all.add(new Offer(one, id)));
                        wanted = job.isPresent() ? dispatcher.wanted(tx) : wanted;
                      }
                    }
                    return all;
                  });
      offers.forEach(offer -> offer.to.messages.add(PingFrames.job(offer.job)));
    } catch (RuntimeException e) {
      if (!closed) {
        LOG.log(Level.ERROR, "Offering jobs failed; it is tried again", e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    offering.interrupt();
  }
}
