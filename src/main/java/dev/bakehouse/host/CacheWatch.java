package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// Brings what jobs left on cache volumes to the store, beside the jobs: one generation after the
/// other, those of one volume in their order, each in a process of its own that ends with this one.
/// What a guest wrote can so cost no more than that process. What still waits after its process is
/// tried again, later each time.
final class CacheWatch {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final Duration LONGEST = Duration.ofHours(2);

  /// Works on one generation for as long as it takes.
  interface Publisher {
    void publish(String id) throws IOException, InterruptedException;
  }

  /// @param pause after the try that failed
  private record Tried(Instant due, Duration pause) {}

  private final Publications publications;
  private final Publisher publisher;
  private final Duration firstPause;
  private final News news;
  private final CountDownLatch stop;
  private final Map<String, Tried> tried = new HashMap<>();

  CacheWatch(
      Publications publications,
      Publisher publisher,
      Duration firstPause,
      Consumer<String> say,
      CountDownLatch stop) {
    this.publications = publications;
    this.publisher = publisher;
    this.firstPause = firstPause;
    this.news = new News(line -> say.accept("Caches: " + line));
    this.stop = stop;
  }

  static CacheWatch of(HostSettings host, Consumer<String> say, CountDownLatch stop) {
    Publications publications = new Publications(new Volumes(host.state()));
    return new CacheWatch(
        publications,
        id -> publish(host, publications.root(), id, say, stop),
        FIRST_PAUSE,
        say,
        stop);
  }

  void start() {
    Thread _ = Threads.start(this::run);
  }

  void run() {
    new Repeat("looking for what waits to be saved", news, this::look).until(stop, () -> LOOK);
  }

  private void look() throws IOException, InterruptedException {
    List<Publications.Waiting> waiting = publications.waiting();
    tried.keySet().retainAll(waiting.stream().map(Publications.Waiting::id).toList());
    Set<String> begun = new HashSet<>();
    for (Publications.Waiting each : waiting) {
      String id = each.id();
      Tried before = tried.getOrDefault(id, new Tried(Instant.MIN, firstPause));
      // In the order they were kept: what is saved last counts as the newest.
      if (!begun.add(publications.volume(each))
          || stop.getCount() == 0
          || before.due().isAfter(Instant.now())) {
        continue;
      }
      try {
        publisher.publish(id);
      } catch (IOException | RuntimeException e) {
        news.accept("could not save " + id + ": " + e.getMessage());
      }
      Duration next = before.pause().multipliedBy(2);
      tried.put(
          id,
          new Tried(
              Instant.now().plus(before.pause()),
              next.compareTo(LONGEST_PAUSE) < 0 ? next : LONGEST_PAUSE));
    }
  }

  private static void publish(
      HostSettings host, Path home, String id, Consumer<String> say, CountDownLatch stop)
      throws IOException, InterruptedException {
    List<String> argv = Self.argv(List.of("-Xmx1g"), "cache", "volumes", "publish", id, "--config");
    Path log = home.resolve(".log");
    Files.deleteIfExists(log);
    Command command =
        HostEnvironment.of(
            Command.of(argv).and(host.file().toAbsolutePath().toString()),
            host,
            Path.of(System.getProperty("java.io.tmpdir")));
    Instant over = Instant.now().plus(LONGEST);
    try (Guarded process = Guardian.of(command, host.state(), log, home.resolve(".pid")).start()) {
      while (process.await(LOOK).isEmpty()) {
        if (stop.getCount() == 0) {
          return;
        }
        if (Instant.now().isAfter(over)) {
          say.accept(
              "Caches: saving "
                  + id
                  + " took over "
                  + LONGEST.toHours()
                  + " hours; it is tried again");
          return;
        }
      }
    }
    Files.readAllLines(log).forEach(say);
  }
}
