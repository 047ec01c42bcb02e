package dev.bakehouse.host;

import dev.bakehouse.cache.CacheRunMetrics;
import dev.bakehouse.job.JobRecord;
import dev.bakehouse.platform.PrometheusText;
import dev.bakehouse.platform.Self;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/// How a host stands, for Prometheus. No job, VM, branch or commit is a label: there is no end of
/// them.
final class WebMetrics {
  private static final List<String> AGENT = List.of("starting", "idle", "busy", "leaving", "away");
  private static final List<String> IMAGE =
      List.of("ready", "missing", "changed", "damaged", "unfit");

  /// What a VM needs from the choice of its slot to the connection, see [dev.bakehouse.job.Phase].
  private static final List<String> BOOT = List.of("clone", "boot", "address", "connect");

  /// Of so many runs of a step's cache the figures are.
  private static final int CACHE_RUNS = 10;

  private final PrometheusText text = new PrometheusText();
  private final WebState state;

  private WebMetrics(WebState state) {
    this.state = state;
  }

  static String of(WebState state) {
    WebMetrics metrics = new WebMetrics(state);
    metrics.host();
    metrics.agents();
    metrics.images();
    metrics.vms();
    metrics.disk();
    metrics.jobs();
    metrics.boots();
    new CacheRunMetrics(metrics.text, metrics.labels())
        .runs(state.jobs().stream().flatMap(job -> job.caches().stream()).toList(), CACHE_RUNS);
    return metrics.text.toString();
  }

  private void host() {
    HostStatus status = state.status();
    gauge("bakehouse_build_info", "The daemon's version.", 1, "version", Self.version());
    gauge(
        "bakehouse_host_ready",
        "Whether its agents take jobs that need an image: 1, or 0.",
        bit(status.ready() && status.away().isEmpty()));
    gauge("bakehouse_host_drained", "Whether somebody keeps jobs away.", bit(state.drained()));
    gauge(
        "bakehouse_host_paused",
        "Whether infrastructure failures in a row keep jobs away.",
        bit(state.paused()));
    gauge(
        "bakehouse_host_away",
        "Whether it has no agents, for whatever reason.",
        bit(!status.away().isEmpty()));
    gauge(
        "bakehouse_host_infrastructure_failures_in_a_row",
        "Jobs that the machinery failed since it last worked.",
        state.failures());
    gauge(
        "bakehouse_host_last_check_timestamp_seconds",
        "When the daemon looked last, which it does every second.",
        Instant.parse(status.checked()).toEpochMilli() / 1e3);
    gauge("bakehouse_host_slots", "VMs that may run at once.", status.agents().size());
  }

  private void agents() {
    List<HostStatus.Agent> all = state.status().agents();
    text.gauge("bakehouse_agents", "Agents by what they do.");
    for (String each : AGENT) {
      long count = all.stream().filter(agent -> agent.state().equals(each)).count();
      text.sample(labels("state", each), count);
    }
    text.gauge("bakehouse_slot_state", "1 for what the agent of a slot does, 0 for the others.");
    for (HostStatus.Agent agent : all) {
      for (String each : AGENT) {
        text.sample(
            labels("slot", String.valueOf(agent.slot()), "state", each),
            bit(agent.state().equals(each)));
      }
    }
  }

  private void images() {
    text.gauge("bakehouse_image_state", "1 for how an image stands, 0 for the others.");
    for (HostStatus.Image image : state.status().images()) {
      for (String each : IMAGE) {
        text.sample(
            labels("image", image.offered(), "state", each), bit(image.state().equals(each)));
      }
    }
  }

  private void vms() {
    text.gauge("bakehouse_vms", "VMs by what they are for; those on standby wait for a job.");
    new TreeMap<>(state.vms()).forEach((use, n) -> text.sample(labels("use", use), n));
    gauge("bakehouse_slot_queue_length", "Jobs here that wait for a VM's slot.", state.waiting());
    gauge(
        "bakehouse_cache_volumes_unsaved",
        "Generations of cache volumes on their way to the store.",
        state.unsaved());
  }

  private void disk() {
    WebDisk disk = state.disk();
    if (!disk.known()) {
      return;
    }
    gauge("bakehouse_images", "Images in the host's store.", disk.images().count());
    gauge("bakehouse_image_bytes", "What their disks take up.", disk.images().bytes());
    gauge("bakehouse_templates", "Suspended VMs that others start from.", disk.templates().count());
    gauge("bakehouse_template_bytes", "What they take up.", disk.templates().bytes());
    room("bakehouse_filesystem_free_bytes", "What may still be written.", WebDisk.Room::free);
    room("bakehouse_filesystem_size_bytes", "What there is of it.", WebDisk.Room::total);
  }

  private void room(String name, String help, ToLongFunction<WebDisk.Room> of) {
    text.gauge(name, "The file system of the host's state, and of its images. " + help);
    state
        .disk()
        .systems()
        .forEach((what, room) -> text.sample(labels("of", what), of.applyAsLong(room)));
  }

  private void jobs() {
    WebJobs.Totals since = state.since();
    text.counter("bakehouse_jobs_total", "Jobs that ended here since the daemon began.");
    for (String outcome : JobRecord.OUTCOMES) {
      text.sample(labels("outcome", outcome), since.outcomes().getOrDefault(outcome, 0L));
    }
    text.counter(
        "bakehouse_infrastructure_failures_total",
        "Jobs that the machinery failed since the daemon began, by phase.");
    new TreeMap<>(since.failures())
        .forEach((phase, count) -> text.sample(labels("phase", phase), count));
    text.summary("bakehouse_job_phase_seconds", "Time of jobs since the daemon began, by phase.");
    new TreeMap<>(since.phases())
        .forEach((phase, sum) -> text.sum(labels("phase", phase), sum.seconds(), sum.count()));
  }

  private void boots() {
    Map<String, Map<String, List<Double>>> all = new TreeMap<>();
    for (JobRecord job : state.jobs()) {
      for (String phase : job.vm().isEmpty() ? List.<String>of() : BOOT) {
        Double time = job.phases().get(phase);
        if (time != null) {
          all.computeIfAbsent(job.vm(), _ -> new TreeMap<>())
              .computeIfAbsent(phase, _ -> new ArrayList<>())
              .add(time);
        }
      }
    }
    text.gauge(
        "bakehouse_vm_boot_seconds",
        "Median of a phase of a VM's start, of the last jobs whose VM came so.");
    all.forEach(
        (start, phases) ->
            phases.forEach(
                (phase, times) ->
                    text.sample(labels("phase", phase, "start", start), median(times))));
  }

  private static double median(List<Double> times) {
    return times.stream().sorted().toList().get((times.size() - 1) / 2);
  }

  private void gauge(String name, String help, Number value, String... more) {
    text.gauge(name, help);
    text.sample(labels(more), value);
  }

  private Map<String, String> labels(String... more) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("host", state.status().host());
    for (int n = 0; n < more.length; n += 2) {
      labels.put(more[n], more[n + 1]);
    }
    return labels;
  }

  private static int bit(boolean holds) {
    return holds ? 1 : 0;
  }
}
