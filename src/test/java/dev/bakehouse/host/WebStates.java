package dev.bakehouse.host;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.job.JobRecord;
import dev.bakehouse.vm.Quarantine;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// States of a host as tests want them.
final class WebStates {
  static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  static final String JOB = "0192-running";

  private WebStates() {}

  /// A host with two slots that was not ready a moment ago.
  ///
  /// @param text stands wherever a pipeline's author, an agent or a registry chose the words
  static WebState hostile(String text) {
    HostStatus status =
        new HostStatus(
            "oven-a",
            "4711 1",
            NOW.toString(),
            false,
            "image " + text + " is missing",
            text,
            List.of(new HostStatus.Image(text, text, "missing", text, text, text)),
            List.of(
                new HostStatus.Agent(
                    1, "oven-a-1", "busy", JOB, List.of(text), text, text, NOW.toString()),
                new HostStatus.Agent(2, "oven-a-2", "idle", "", List.of(), "", "", "")));
    List<JobRecord> jobs =
        List.of(
            job("j3", text, "infrastructure", "boot", "boot", Map.of("clone", 0.5)),
            job("j2", text, "passed", "", "resume", Map.of("clone", 0.1, "boot", 2.0)),
            job("j1", text, "failed", "", "resume", Map.of("clone", 0.3, "boot", 4.0)),
            job("j0", text, "passed", "", "resume", Map.of("boot", 9.0)));
    WebJobs counted = new WebJobs(List.of());
    TreeMap<String, JobRecord> ended = new TreeMap<>();
    jobs.forEach(job -> ended.put(job.id(), job));
    return new WebState(
        NOW,
        status,
        true,
        false,
        2,
        Map.of("job", 1, "standby", 3, "quarantine", 1, "kept", 0),
        List.of(new Quarantine.Entry("bh-1", text, text, "", "2026-01-31T16:00:00Z")),
        4,
        5,
        Map.of(JOB, job(JOB, text, JobRecord.RUNNING, "", "", Map.of())),
        jobs,
        counted.with(ended),
        new WebDisk(
            new WebDisk.Things(2, 30_000_000_000L),
            new WebDisk.Things(1, 4_000_000_000L),
            Map.of("state", new WebDisk.Room(10_000_000_000L, 500_000_000_000L))));
  }

  static JobRecord job(
      String id, String text, String outcome, String phase, String vm, Map<String, Double> times) {
    return new JobRecord(
        id,
        "bun" + text,
        12,
        text,
        "first" + text,
        "1 1",
        NOW.minusSeconds(300).toString(),
        outcome.equals(JobRecord.RUNNING) ? "" : NOW.minusSeconds(60).toString(),
        outcome,
        phase,
        vm,
        new LinkedHashMap<>(new TreeMap<>(times)),
        outcome.equals("passed") ? List.of(run(id, text)) : List.of());
  }

  private static CacheRun run(String id, String text) {
    return new CacheRun(
        NOW,
        "bun",
        "branch-" + text,
        "linux-x64",
        id,
        12,
        "cpp",
        "ccache",
        "read-write",
        "b0",
        text,
        "",
        90,
        10,
        new Moved(10, 1000, 1.5),
        Moved.NOTHING,
        Map.of(),
        "/w",
        0,
        text);
  }
}
