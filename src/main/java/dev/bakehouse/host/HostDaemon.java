package dev.bakehouse.host;

import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.job.OfferedImage;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Reaper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// The daemon of one host: keeps its images and agents as they are to be, ends orphans.
public final class HostDaemon {
  private static final Duration SWEEP = Duration.ofSeconds(2);
  private static final Duration LONGEST_JOBS = Duration.ofDays(1);

  private final HostSettings host;
  private final PrintStream log;
  private final ConfigCheck config;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean starting = true;
  private volatile boolean finishing;

  public HostDaemon(HostSettings host, PrintStream log) {
    this.host = host;
    this.log = log;
    this.config = new ConfigCheck(host.file());
  }

  /// For a process that is a daemon and nothing else: bounds what the connections to its page may
  /// take up.
  public static void limitProcess() {
    WebServer.limitProcess();
  }

  /// Runs until [#stop].
  ///
  /// @throws UserError when another daemon has the state directory, agents can not be started, or
  ///   others may read a secret
  public void run() throws InterruptedException {
    HostEnvironment.insistPrivate(host);
    Directories.makePrivate(host.state());
    Path lockFile = host.state().resolve("host.lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.tryLock()) {
      if (lock == null) {
        throw new UserError(
            "Another daemon runs with the state directory " + host.state(),
            "Stop it, or set `host.state` in " + host.file() + ".");
      }
      supervise();
    } catch (IOException e) {
      throw new UserError(
          "Could not lock " + lockFile + ": " + e.getMessage(),
          "Check the state directory's owner and free space.",
          e);
    }
  }

  /// Asks the daemon to end; its agents are asked first, then killed.
  public void stop() {
    stop.countDown();
  }

  /// Asks the daemon to end once its jobs have; waits for them.
  public void finish() {
    finishing = true;
    Poll.until(
        "the jobs of " + host.name() + " to end",
        LONGEST_JOBS,
        () -> new StatusFile(host).read().filter(HostStatus::allAway));
    stop();
  }

  /// Why no jobs are to come: there are no agents then, and no VM waits.
  private Optional<String> away() {
    return new Orders(host.state())
        .drain()
        .map(drain -> "drained: " + drain.reason())
        .or(this::finishing)
        .or(this::starting)
        .or(config::trouble)
        .or(() -> Breaker.reason(host.state(), host.operations().breaker()));
  }

  private Optional<String> finishing() {
    return finishing ? Optional.of("the daemon ends when its jobs have ended") : Optional.empty();
  }

  private Optional<String> starting() {
    return starting ? Optional.of("the daemon starts: it makes a template") : Optional.empty();
  }

  private void supervise() throws InterruptedException {
    Hypervisor hypervisor = Jobs.hypervisor(host);
    Reaper reaper = new Reaper(host.state(), List.of(hypervisor));
    HostEnvironment.unheard(host, System.getenv()).ifPresent(this::say);
    Repeat sweeping =
        new Repeat("sweeping", this::say, () -> Mends.orphans(host, reaper).forEach(this::say));
    sweeping.once();
    Templates templates = new Templates(host, hypervisor, log, this::say);
    Optional<RolloutWatch> rollout = RolloutWatch.of(host, templates, log, this::say, stop);
    Optional<RefreshWatch> refresh = RefreshWatch.of(host, log, this::say, stop);
    OperationsSettings.Breaker rules = host.operations().breaker();
    Breaker breaker =
        new Breaker(
            host.state(), rules, Mends.of(host, reaper), new VmProbe(host, stop), this::say, stop);
    List<ImageKeeper> keepers = keepers(templates, breaker);
    boolean tart = hypervisor.name().equals("tart");
    try (var _ = Web.start(host, hypervisor, this::say);
        HostWatch watch = new HostWatch(host, tart, keepers, this::away, this::say, stop)) {
      watch.meanwhile(() -> templates(templates));
      starting = false;
      rollout.ifPresent(RolloutWatch::start);
      refresh.ifPresent(RefreshWatch::start);
      CacheWatch.of(host, this::say, stop).start();
      CleanUp.start(host, hypervisor, this::say, stop);
      breaker.start();
      keepers.forEach(keeper -> keeper.start(stop));
      Thread sweeper = Threads.start(() -> sweeping.until(stop, () -> SWEEP));
      try (Standby _ = Standby.start(host, hypervisor, watch::away, this::say)) {
        watch.run();
      }
      sweeper.join();
    } finally {
      stop();
      sweeping.once();
      say("stopped");
    }
  }

  private List<ImageKeeper> keepers(Templates templates, Breaker breaker) {
    ImageMarks marks = new ImageMarks(host.state());
    List<ImageKeeper> all = new ArrayList<>();
    for (OfferedImage offered : host.offered()) {
      boolean usual = offered.name().equals(host.image());
      Consumer<LocalImage> fetched =
          image -> {
            breaker.soon();
            if (usual) {
              Thread _ = Threads.start(() -> template(templates, image));
            }
          };
      all.add(new ImageKeeper(host.withImage(offered.name()), marks, log, this::say, fetched));
    }
    return all;
  }

  /// Before the first agent, when the image is here already: jobs would wait for the slot.
  private void templates(Templates templates) {
    Images images = new Images(host);
    if (images.here().isEmpty()) {
      return;
    }
    try (ImageLease image = images.lease("host run", log)) {
      say("image " + image.image().name() + " is here");
      templates.beforeJobs(image);
    } catch (UserError e) {
      say("no template: " + e.getMessage());
    }
  }

  private void template(Templates templates, LocalImage image) {
    try {
      templates.besideJobs(image, Optional.empty());
    } catch (UserError e) {
      say("no template: " + e.getMessage());
    }
  }

  private void say(String line) {
    log.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + host.name() + ": " + line);
  }
}
