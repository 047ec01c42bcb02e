package dev.bakehouse.coordinator;

import dev.bakehouse.coordinator.Dispatcher.Offer;
import dev.bakehouse.coordinator.Dispatcher.Standing;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Agents that hold a stream of pings open instead of asking again and again. An agent that gets an
/// error here polls.
///
/// The agent ends its stream after a minute and opens another, in the middle of a job too; each
/// begins with how things stand for it. Its silence is seen by its heartbeats, a forgotten job by
/// [Sweeper].
final class PingStreams {
  /// Agents end it before; one that vanished does not.
  private static final Duration LONGEST = Duration.ofSeconds(75);

  private static final int BODY_LIMIT = 4096;

  private final Core core;
  private final Access access;
  private final Dispatcher dispatcher;
  private final Waiting waiting;

  PingStreams(Core core, Access access, Dispatcher dispatcher, Waiting waiting) {
    this.core = core;
    this.access = access;
    this.dispatcher = dispatcher;
    this.waiting = waiting;
  }

  void routes(Router router) {
    router.add("POST", "/agentedge.v1.AgentEdgeService/StreamPings", this::stream);
  }

  private Reply stream(Request request) {
    String id = access.agent(request);
    String named = PingFrames.agent(request.body(BODY_LIMIT));
    if (!named.isEmpty() && !named.equals(id)) {
      throw new HttpError(403, "An agent's token is good for its own stream only");
    }
    Agent agent = core.database().call(tx -> dispatcher.connect(tx, id));
    return new Reply.Stream(0, "application/grpc", out -> serve(agent, out), Map.of());
  }

  private void serve(Agent agent, OutputStream out) throws IOException {
    long end = System.nanoTime() + LONGEST.toNanos();
    try (Waiting.Waiter mine = waiting.begin(agent.id(), false)) {
      mine.ready(agent);
      try {
        Waiting.@Nullable Word word = new Waiting.Look();
        Standing told = new Standing(new byte[0], List.of());
        while (word instanceof Waiting.Look) {
          Standing now = core.database().read(tx -> dispatcher.standing(tx, agent.id()));
          tell(out, told, now);
          told = now;
          word = mine.next(end);
        }
      } catch (IOException e) {
        // Another stream has told the agent by now what it was offered.
        if (mine.leave()) {
          core.database().run(tx -> dispatcher.giveBack(tx, agent.id()));
        }
        throw e;
      }
    }
  }

  /// What an agent does not know yet. A resume and the offer that it makes possible come as words
  /// in any order.
  private static void tell(OutputStream out, Standing before, Standing now) throws IOException {
    if (!Arrays.equals(before.frame(), now.frame())) {
      send(out, now.frame());
    }
    for (Offer offer : now.offers()) {
      if (!before.offers().contains(offer)) {
        send(out, PingFrames.job(offer.job()));
      }
    }
  }

  private static void send(OutputStream out, byte[] message) throws IOException {
    out.write(message);
    out.flush();
  }
}
