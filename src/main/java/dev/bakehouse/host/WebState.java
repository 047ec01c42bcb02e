package dev.bakehouse.host;

import dev.bakehouse.job.JobRecord;
import dev.bakehouse.vm.Quarantine;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// All that the page and the metrics of a host tell, as it was at one moment.
///
/// @param at when it was looked at
/// @param drained whether somebody keeps jobs away
/// @param paused whether infrastructure failures do
/// @param failures how many of those there were in a row
/// @param vms how many VMs there are by use: `job`, `standby`, `quarantine`, `kept` (made by hand)
/// @param waiting jobs here that have no VM slot yet
/// @param unsaved generations of cache volumes on their way to the store
/// @param running records of jobs by their id
/// @param jobs records of those that have ended, the newest first
/// @param since what they came to since the daemon began
/// @param disk what takes up room
record WebState(
    Instant at,
    HostStatus status,
    boolean drained,
    boolean paused,
    int failures,
    Map<String, Integer> vms,
    List<Quarantine.Entry> quarantine,
    int waiting,
    int unsaved,
    Map<String, JobRecord> running,
    List<JobRecord> jobs,
    WebJobs.Totals since,
    WebDisk disk) {
  WebState {
    vms = Map.copyOf(vms);
    quarantine = List.copyOf(quarantine);
    running = Map.copyOf(running);
    jobs = List.copyOf(jobs);
  }
}
