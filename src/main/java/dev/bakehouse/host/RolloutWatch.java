package dev.bakehouse.host;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.rollout.Distribution;
import dev.bakehouse.rollout.Follower;
import dev.bakehouse.rollout.HostState;
import dev.bakehouse.rollout.StateFile;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/// Follows the rollout beside the jobs: one thread asks for the document and changes the image in
/// force, another brings what is distributed, so that a long pull never holds up a rollback.
final class RolloutWatch {
  private final HostSettings host;
  private final Consumer<String> say;
  private final CountDownLatch stop;
  private final Follower follower;
  private final Distribution distribution;
  private final Semaphore polled = new Semaphore(0);

  private RolloutWatch(
      HostSettings host,
      Consumer<String> say,
      CountDownLatch stop,
      Follower follower,
      Distribution distribution) {
    this.host = host;
    this.say = say;
    this.stop = stop;
    this.follower = follower;
    this.distribution = distribution;
  }

  /// Empty when the host is not configured to follow a rollout.
  static Optional<RolloutWatch> of(
      HostSettings host,
      Templates templates,
      PrintStream log,
      Consumer<String> say,
      CountDownLatch stop) {
    return host.rolloutPlace()
        .map(
            place -> {
              Images images = new Images(host);
              ImageStore store = images.store();
              Repositories repositories = images.repositories(new Log(log));
              StateFile file = new StateFile(host.state());
              Log lines = new Log(log);
              Consumer<LocalImage> ready = image -> templates.besideJobs(image, images.here());
              Follower follower =
                  new Follower(
                      host.name(), file, store, repositories, host.rollout(), place, ready, lines);
              Distribution distribution = new Distribution(file, store, repositories, lines);
              say.accept("following the rollout at " + place);
              return new RolloutWatch(host, say, stop, follower, distribution);
            });
  }

  void start() {
    Thread _ = Threads.start(this::poll);
    Thread _ = Threads.start(this::distribute);
  }

  /// At once, then again and again; hosts that were started together do not ask together for long.
  private void poll() {
    following(
            () -> {
              try {
                HostState _ = follower.poll();
              } finally {
                polled.release();
              }
            })
        .until(stop, this::pause);
  }

  private Duration pause() {
    long millis = host.rollout().poll().toMillis();
    return Duration.ofMillis(millis + ThreadLocalRandom.current().nextLong(millis / 10 + 1));
  }

  private void distribute() {
    try {
      while (stop.getCount() > 0) {
        polled.acquire();
        int _ = polled.drainPermits();
        following(distribution::run).once();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Repeat following(Repeat.Work work) {
    return new Repeat("following the rollout", say, work);
  }
}
