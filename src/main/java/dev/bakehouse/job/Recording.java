package dev.bakehouse.job;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.platform.Threads;
import java.util.List;
import java.util.Optional;

/// The record that one job leaves on its host. The job goes on without it.
final class Recording {
  private final JobRecords records;
  private final Phases phases;
  private volatile Optional<JobRecords.Begun> begun = Optional.empty();
  private List<Thread> beginning = List.of();
  private List<CacheRun> caches = List.of();
  private String failed = "";
  private boolean machinery;

  private Recording(JobRecords records, Phases phases) {
    this.records = records;
    this.phases = phases;
  }

  /// Begins beside the job, which does not wait for it.
  ///
  /// @param kept false where a person runs the job once more
  static Recording begin(Job job, HostSettings settings, Phases phases, boolean kept) {
    Recording recording = new Recording(new JobRecords(settings.state()), phases);
    recording.beginning =
        kept ? List.of(Threads.start(() -> recording.begin(job, settings.image()))) : List.of();
    return recording;
  }

  private void begin(Job job, String image) {
    try {
      begun = Optional.of(records.begin(job, image));
    } catch (RuntimeException e) {
      say(e);
    }
  }

  /// Until its beginning is noted.
  void await() {
    Threads.join(beginning);
  }

  void served(List<CacheRun> runs) {
    caches = runs;
  }

  /// The machinery failed.
  ///
  /// @param phase in which, if that is known
  void machineryFailed(Optional<Phase> phase) {
    machinery = true;
    failed = phase.map(Phase::label).orElse("");
  }

  void end(int status, boolean cancelled) {
    await();
    if (begun.isEmpty()) {
      return;
    }
    String outcome =
        cancelled
            ? JobRecord.CANCELLED
            : machinery
                ? JobRecord.INFRASTRUCTURE
                : status == 0 ? JobRecord.PASSED : JobRecord.FAILED;
    JobRecord record = begun.get().record();
    try {
      records.end(begun.get(), record.ended(outcome, cancelled ? "" : failed, phases, caches));
    } catch (RuntimeException e) {
      // The job's own status counts, whatever happens here.
      say(e);
    }
  }

  private void say(RuntimeException e) {
    phases.say("bakehouse: the host keeps no record of this job: " + e.getMessage());
  }
}
