package dev.bakehouse.host;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.job.Connections;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The daemon of one host: makes the image ready, supervises an agent for each slot, ends orphans.
public final class HostDaemon {
  private static final Duration SWEEP = Duration.ofSeconds(2);

  /// An agent that dies sooner than this is not started again at once.
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);

  private final HostSettings host;
  private final PrintStream log;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<AgentProcess> agents = new ArrayList<>();

  public HostDaemon(HostSettings host, PrintStream log) {
    this.host = host;
    this.log = log;
  }

  /// Runs until [#stop].
  ///
  /// @throws UserError when another daemon has the state directory, or image or agents can not be
  ///   had
  public void run() throws InterruptedException {
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

  private void supervise() throws InterruptedException {
    Hypervisor hypervisor = Jobs.hypervisor(host);
    Reaper reaper = new Reaper(host.state(), List.of(hypervisor));
    HostEnvironment.unheard(host, System.getenv()).ifPresent(this::say);
    sweep(reaper);
    Templates templates = new Templates(host, hypervisor, log, this::say);
    Optional<RolloutWatch> rollout = RolloutWatch.of(host, templates, log, this::say, stop);
    Optional<RefreshWatch> refresh = RefreshWatch.of(host, log, this::say, stop);
    Images images = new Images(host);
    if (images.here().isEmpty()) {
      rollout.ifPresent(RolloutWatch::first);
    }
    try (ImageLease image = images.lease("host run", log)) {
      say("image " + image.image().name() + " is here");
      templates.beforeJobs(image);
    }
    try {
      for (int slot = 0; slot < host.slots(); slot++) {
        agents.add(agent(slot));
      }
      rollout.ifPresent(RolloutWatch::start);
      refresh.ifPresent(RefreshWatch::start);
      CacheWatch.of(host, this::say, stop).start();
      try (Standby _ = Standby.start(host, hypervisor, this::say)) {
        while (!stop.await(SWEEP.toMillis(), TimeUnit.MILLISECONDS)) {
          sweep(reaper);
          revive();
        }
      }
    } finally {
      // In parallel: each agent has its own grace.
      List<Thread> ending = agents.stream().map(a -> Threads.start(a::close)).toList();
      for (Thread thread : ending) {
        thread.join();
      }
      sweep(reaper);
      say("stopped");
    }
  }

  private void sweep(Reaper reaper) {
    try {
      reaper.sweep().forEach(name -> say("ended the orphan " + name));
      Connections.sweep(host);
      new VolumeSpace(new Volumes(host.state())).sweep();
    } catch (UserError e) {
      say(e.getMessage() + " " + e.remedy());
    }
  }

  private AgentProcess agent(int slot) {
    Optional<AgentProcess> before = AgentProcess.adopt(host, slot);
    AgentProcess agent = before.orElseGet(() -> AgentProcess.start(host, slot));
    String state = before.isPresent() ? " finishes a job" : " runs";
    say("agent " + agent.name() + state + ", pid " + agent.pid());
    return agent;
  }

  private void revive() {
    for (int slot = 0; slot < agents.size(); slot++) {
      AgentProcess agent = agents.get(slot);
      if (!agent.alive() && agent.started().plus(SHORT_LIFE).isBefore(Instant.now())) {
        say("agent " + agent.name() + " ended; starting it again");
        agent.close();
        agents.set(slot, agent(slot));
      }
    }
  }

  private void say(String line) {
    log.println(
        Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
            + " "
            + host.name()
            + ": "
            + line);
  }
}
