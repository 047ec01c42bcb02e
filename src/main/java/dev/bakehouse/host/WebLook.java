package dev.bakehouse.host;

import dev.bakehouse.job.Failures;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.JobRecord;
import dev.bakehouse.job.JobRecords;
import dev.bakehouse.vm.Quarantine;
import dev.bakehouse.vm.SlotFiles;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmRecord;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds how a host stands from the small files in its state directory; nothing in it grows with
/// what a host stores.
final class WebLook {
  private final HostSettings host;
  private final StatusFile status;
  private final JobRecords records;
  private @Nullable WebJobs jobs;

  WebLook(HostSettings host) {
    this.host = host;
    this.status = new StatusFile(host);
    this.records = new JobRecords(host.state());
  }

  /// @return empty as long as the daemon has not looked for the first time
  Optional<WebState> now(WebDisk disk) throws IOException {
    Path state = host.state();
    Instant at = Instant.now();
    Optional<HostStatus> now = status.read();
    if (now.isEmpty()) {
      return Optional.empty();
    }
    SequencedMap<String, JobRecord> ended = records.ended();
    List<Quarantine.Entry> quarantine = new Quarantine(state).list();
    return Optional.of(
        new WebState(
            at,
            now.get(),
            new Orders(state).drain().isPresent(),
            Breaker.reason(state, host.operations().breaker()).isPresent(),
            new Failures(state).list().size(),
            vms(state, quarantine),
            quarantine,
            SlotFiles.waiting(state.resolve("slots")),
            new Publications(new Volumes(state)).waiting().size(),
            records.running(),
            List.copyOf(ended.values()),
            counted(ended),
            disk));
  }

  /// What is there at the first look had ended before.
  private WebJobs.Totals counted(SequencedMap<String, JobRecord> ended) {
    if (jobs == null) {
      jobs = new WebJobs(ended.keySet());
    }
    return jobs.with(ended);
  }

  private static Map<String, Integer> vms(Path state, List<Quarantine.Entry> quarantine) {
    Set<String> inspected = new HashSet<>(quarantine.stream().map(Quarantine.Entry::vm).toList());
    Map<String, Integer> vms = new TreeMap<>();
    List.of("job", "standby", "quarantine", "kept").forEach(use -> vms.put(use, 0));
    for (VmRecord vm : new VmHome(state).all()) {
      String other = vm.kept() ? "kept" : vm.waits() ? "standby" : "job";
      vms.merge(inspected.contains(vm.name()) ? "quarantine" : other, 1, Integer::sum);
    }
    return vms;
  }
}
