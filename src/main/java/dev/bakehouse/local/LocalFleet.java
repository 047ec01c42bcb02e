package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildEvent;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Terminal;
import dev.bakehouse.platform.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A coordinator and hosts on this machine.
public final class LocalFleet implements AutoCloseable {
  private static final Duration CHECK = Duration.ofSeconds(1);
  private static final Duration LONGEST_END = Duration.ofSeconds(60);
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final Coordinator coordinator;
  private final List<HostProcess> hosts = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;

  private LocalFleet(Coordinator coordinator) {
    this.coordinator = coordinator;
    Thread owner = Thread.currentThread();
    this.hook = Thread.ofPlatform().unstarted(() -> end(owner));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// What a signal to this process does: its thread gives up, cancels what runs and closes all here
  /// while the coordinator still answers; then it has a moment for what it wants to write.
  private void end(Thread owner) {
    owner.interrupt();
    try {
      if (closed.await(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS)) {
        owner.join(LAST_WORDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Starts the coordinator and `count` hosts, named `host-1` and on. What a fleet that was killed
  /// left of its builds is cancelled: nobody watches it any more.
  ///
  /// @param spec makes a host's configuration from its name, given the coordinator
  public static LocalFleet start(
      Config config, int count, Function<Place, HostSpec> spec, Consumer<String> say) {
    LocalFleet fleet = new LocalFleet(Coordinator.start(config));
    try {
      for (BuildView left : fleet.coordinator.cancelUnfinished()) {
        say.accept(
            "note: build %d of %s was left unfinished by a run that was killed; it is cancelled"
                .formatted(left.number(), left.pipeline()));
      }
      say.accept(fleet.webPage());
      for (int n = 1; n <= count; n++) {
        fleet.hosts.add(HostProcess.start(spec.apply(new Place("host-" + n, fleet.coordinator))));
      }
      return fleet;
    } catch (RuntimeException e) {
      fleet.close();
      throw e;
    }
  }

  /// How the coordinator's web page is reached. A link that opens it goes to a terminal only: what
  /// is written to a file may be read by others.
  public String webPage() {
    return Terminal.showsOutput()
        ? "web page: " + coordinator.webLink()
        : "web page: %s/ (`bakehouse coordinator login --state %s` prints a link that opens it)"
            .formatted(coordinator.address(), coordinator.state());
  }

  /// What a host must know of its place.
  ///
  /// @param name the host's name
  public record Place(String name, Coordinator coordinator) {}

  public Coordinator coordinator() {
    return coordinator;
  }

  /// Runs a build to its end, telling what happens.
  ///
  /// @throws dev.bakehouse.platform.UserError when a host dies, for then nobody may be left to do
  ///   the work
  public BuildView build(BuildRequest request, Pipeline pipeline, Consumer<BuildEvent> listener) {
    String id = coordinator.create(request, pipeline);
    Thread follower = Thread.currentThread();
    AtomicReference<@Nullable RuntimeException> dead = new AtomicReference<>();
    try (ScheduledExecutorService watch =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory())) {
      watch.scheduleWithFixedDelay(
          () -> {
            try {
              hosts.forEach(HostProcess::insistAlive);
            } catch (RuntimeException e) {
              dead.set(e);
              follower.interrupt();
            }
          },
          CHECK.toMillis(),
          CHECK.toMillis(),
          TimeUnit.MILLISECONDS);
      try {
        return coordinator.follow(id, listener);
      } finally {
        watch.shutdownNow();
      }
    } catch (InterruptedException e) {
      RuntimeException cause = dead.get();
      if (cause != null) {
        coordinator.cancel(id);
        throw cause;
      }
      return cancelled(id, listener);
    }
  }

  /// Cancels a build and sees its jobs end.
  private BuildView cancelled(String id, Consumer<BuildEvent> listener) {
    coordinator.cancel(id);
    try {
      return coordinator.follow(id, listener);
    } catch (InterruptedException e) {
      return coordinator.build(id);
    } finally {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits until the store has what the jobs that are over left on cache volumes.
  public void awaitCaches() {
    hosts.forEach(HostProcess::awaitCaches);
  }

  @Override
  public void close() {
    // Hosts stop in parallel: each waits for its agents.
    Threads.join(hosts.stream().map(h -> Threads.start(h::close)).toList());
    boolean interrupted = Thread.interrupted();
    coordinator.close();
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It runs, and goes on now.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
