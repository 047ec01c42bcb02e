package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildEvent;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  private final Coordinator coordinator;
  private final List<HostProcess> hosts = new ArrayList<>();

  private LocalFleet(Coordinator coordinator) {
    this.coordinator = coordinator;
  }

  /// Starts the coordinator and `count` hosts, named `host-1` and on.
  ///
  /// @param spec makes a host's configuration from its name, given the coordinator
  public static LocalFleet start(Config config, int count, Function<Place, HostSpec> spec) {
    LocalFleet fleet = new LocalFleet(Coordinator.start(config));
    try {
      for (int n = 1; n <= count; n++) {
        fleet.hosts.add(HostProcess.start(spec.apply(new Place("host-" + n, fleet.coordinator))));
      }
      return fleet;
    } catch (RuntimeException e) {
      fleet.close();
      throw e;
    }
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
        throw cause;
      }
      coordinator.cancel(id);
      Thread.currentThread().interrupt();
      return coordinator.build(id);
    }
  }

  @Override
  public void close() {
    // Hosts stop in parallel: each waits for its agents.
    List<Thread> stopping = hosts.stream().map(h -> Threads.start(h::close)).toList();
    for (Thread thread : stopping) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    coordinator.close();
  }
}
