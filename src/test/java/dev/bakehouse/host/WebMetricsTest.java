package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// The metrics of a host, judged by Prometheus' own `promtool`.
class WebMetricsTest {
  private static final String HOST = "{host=\"oven-a\"";

  @Test
  void promtoolTakesThem() {
    String text = judged("first");

    assertThat(text.lines())
        .contains(
            "bakehouse_build_info" + HOST + ",version=\"development\"} 1",
            "bakehouse_host_ready" + HOST + "} 0",
            "bakehouse_host_drained" + HOST + "} 1",
            "bakehouse_host_paused" + HOST + "} 0",
            "bakehouse_host_away" + HOST + "} 1",
            "bakehouse_host_infrastructure_failures_in_a_row" + HOST + "} 2",
            "bakehouse_host_last_check_timestamp_seconds" + HOST + "} 1.7698608E9",
            "bakehouse_host_slots" + HOST + "} 2",
            "bakehouse_agents" + HOST + ",state=\"busy\"} 1",
            "bakehouse_agents" + HOST + ",state=\"away\"} 0",
            "bakehouse_slot_state" + HOST + ",slot=\"1\",state=\"busy\"} 1",
            "bakehouse_slot_state" + HOST + ",slot=\"2\",state=\"busy\"} 0",
            "bakehouse_image_state" + HOST + ",image=\"first\",state=\"missing\"} 1",
            "bakehouse_image_state" + HOST + ",image=\"first\",state=\"ready\"} 0",
            "bakehouse_vms" + HOST + ",use=\"standby\"} 3",
            "bakehouse_vms" + HOST + ",use=\"quarantine\"} 1",
            "bakehouse_slot_queue_length" + HOST + "} 4",
            "bakehouse_cache_volumes_unsaved" + HOST + "} 5",
            "bakehouse_image_bytes" + HOST + "} 30000000000",
            "bakehouse_templates" + HOST + "} 1",
            "bakehouse_filesystem_free_bytes" + HOST + ",of=\"state\"} 10000000000",
            "bakehouse_jobs_total" + HOST + ",outcome=\"passed\"} 2",
            "bakehouse_jobs_total" + HOST + ",outcome=\"cancelled\"} 0",
            "bakehouse_infrastructure_failures_total" + HOST + ",phase=\"boot\"} 1",
            "bakehouse_job_phase_seconds_sum" + HOST + ",phase=\"boot\"} 15.0",
            "bakehouse_job_phase_seconds_count" + HOST + ",phase=\"boot\"} 3",
            "bakehouse_vm_boot_seconds" + HOST + ",phase=\"boot\",start=\"resume\"} 4.0",
            "bakehouse_vm_boot_seconds" + HOST + ",phase=\"clone\",start=\"boot\"} 0.5")
        .anyMatch(
            line ->
                line.startsWith("bakehouse_cache_hits{")
                    && line.contains("host=\"oven-a\"")
                    && line.contains("kind=\"ccache\"")
                    && line.endsWith("} 180"));
  }

  /// Whatever names there are, they break no line, and nothing without an end is a label.
  @Test
  void oddNamesBreakNoLineAndJobsAndBranchesAreNoLabels() {
    String text = judged("a\"b\\c\nd 1");

    assertThat(text)
        .contains("image=\"a\\\"b\\\\c\\nd 1\"")
        .doesNotContain(WebStates.JOB, "j1", "branch-", "bh-1");
  }

  private static String judged(String name) {
    String text = WebMetrics.of(WebStates.hostile(name));
    Outcome judged =
        Command.of("promtool", "check", "metrics")
            .input(text.getBytes(StandardCharsets.UTF_8))
            .merged()
            .run();
    assertThat(judged.text()).isEmpty();
    assertThat(judged.status()).isZero();
    return text;
  }
}
