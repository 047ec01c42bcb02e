package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Looks every second how the images and orders of a host stand, and keeps the agents as that asks
/// for.
final class HostWatch implements AutoCloseable {
  private static final long PAUSE_MILLIS = 1000;

  private final Orders orders;
  private final List<ImageKeeper> images;
  private final AgentTags tags;
  private final List<AgentSlot> slots = new ArrayList<>();
  private final Supplier<Optional<String>> away;
  private final StatusFile status;
  private final News news;
  private volatile Optional<String> why = Optional.empty();
  private final CountDownLatch stop;
  private final Webhooks webhooks;
  private final Repeat again;

  /// @param images of the images jobs may run in
  /// @param tart whether its VMs are Tart's
  /// @param away why there are to be no agents; asked every second
  HostWatch(
      HostSettings host,
      boolean tart,
      List<ImageKeeper> images,
      Supplier<Optional<String>> away,
      Consumer<String> say,
      CountDownLatch stop) {
    this.orders = new Orders(host.state());
    this.images = List.copyOf(images);
    this.tags = AgentTags.of(host, tart);
    this.status = new StatusFile(host);
    this.away = away;
    this.webhooks = new Webhooks(host.name(), host.operations().webhooks(), say);
    this.news = new News(say);
    this.stop = stop;
    this.again = new Repeat("looking", news, this::tick);
    for (int slot = 0; slot < host.slots(); slot++) {
      slots.add(new AgentSlot(host, slot, say));
    }
  }

  /// Does what may take minutes before there are agents, and tells how the host stands meanwhile.
  void meanwhile(Runnable work) {
    CountDownLatch done = new CountDownLatch(1);
    Thread looking = Threads.start(() -> until(done));
    try {
      work.run();
    } finally {
      done.countDown();
      Threads.join(List.of(looking));
    }
  }

  /// Until the daemon is asked to stop.
  ///
  /// @throws UserError when the first agents can not be started
  void run() {
    if (stop.getCount() > 0) {
      tick();
    }
    until(stop);
  }

  private void until(CountDownLatch end) {
    try {
      while (!end.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        again.once();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Why no jobs are to come, as it was at the last look; see [HostDaemon].
  Optional<String> away() {
    return why;
  }

  private void tick() {
    Instant looked = Instant.now();
    why = away.get();
    Requirement required = orders.required();
    List<ImageState> states = images.stream().map(image -> image.look(required)).toList();
    Readiness readiness = Readiness.of(states, orders.force());
    Optional<List<String>> wanted =
        why.isPresent() ? Optional.empty() : Optional.of(tags.with(readiness));
    List<String> ready = readiness.images().stream().map(ImageState::name).toList();
    webhooks.now(new Webhooks.State(readiness.ready(), readiness.reason(), why.orElse(""), ready));
    slots.forEach(slot -> slot.tick(wanted));
    news.accept(
        why.map(reason -> "no agents: " + reason)
            .orElse((readiness.ready() ? "" : "not ready: ") + readiness.reason()));
    status.write(looked, readiness, states, why, slots.stream().map(AgentSlot::status).toList());
  }

  /// In parallel: each agent has its own grace.
  @Override
  public void close() {
    Threads.join(slots.stream().map(slot -> Threads.start(slot::close)).toList());
    status.remove();
  }
}
