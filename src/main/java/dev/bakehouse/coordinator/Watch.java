package dev.bakehouse.coordinator;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Follows one build by comparing what is with what was told: nothing is missed, whenever it
/// starts.
final class Watch {
  private static final Duration PULSE = Duration.ofSeconds(5);

  private final Core core;
  private final Logs logs;
  private final String build;
  private final Consumer<BuildEvent> listener;
  private final Map<String, String> states = new HashMap<>();
  private final Map<String, Long> positions = new HashMap<>();
  private String told = "";

  Watch(Core core, Logs logs, String build, Consumer<BuildEvent> listener) {
    this.core = core;
    this.logs = logs;
    this.build = build;
    this.listener = listener;
  }

  /// Returns when the build has ended and all is told, or the thread is interrupted.
  BuildView follow() throws InterruptedException {
    while (true) {
      long version = core.changes().version();
      BuildView view = core.database().read(tx -> Views.build(tx, build));
      for (JobView job : view.jobs()) {
        tell(job);
      }
      String now = view.state() + (view.blocked() ? " blocked" : "") + view.ended();
      if (!told.equals(now)) {
        told = now;
        listener.accept(new BuildEvent.BuildChanged(view));
      }
      if (view.ended()) {
        return view;
      }
      core.changes().await(version, PULSE);
    }
  }

  private void tell(JobView job) {
    String now = job.state() + (job.unblockable() ? " unblockable" : "");
    boolean same = now.equals(states.get(job.id()));
    if (job.state().ended() && same) {
      return;
    }
    if (job.started() != null) {
      log(job);
    }
    if (!same) {
      states.put(job.id(), now);
      listener.accept(new BuildEvent.JobChanged(job));
    }
  }

  private void log(JobView job) {
    long at = positions.getOrDefault(job.id(), 0L);
    Logs.Part part = logs.read(job.id(), at, job.state().ended());
    while (part.bytes().length > 0) {
      listener.accept(new BuildEvent.Log(job, part.bytes()));
      at = part.next();
      part = logs.read(job.id(), at, job.state().ended());
    }
    positions.put(job.id(), at);
  }
}
