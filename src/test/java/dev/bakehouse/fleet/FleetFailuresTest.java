package dev.bakehouse.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.host.Hosts;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three hosts with real agents and VMs, of which the one in the middle fails: first its QEMU does
/// not start while a file is there, then its power is cut.
@Tag("vm")
@Tag("agent")
class FleetFailuresTest {
  private static final String PAUSED = "3 infrastructure failures in a row, the last: phase boot";

  @TempDir Path dir;
  private Hosts site;
  private ThreeHosts hosts;

  @Test
  void whatFailsInTheMiddleHoldsUpNoOtherAndIsNamed() throws Exception {
    site = new Hosts(dir, "{}\n");
    String breaker = ", breaker: {first-pause-seconds: 2, longest-pause-seconds: 8}";
    String vm = ", cpus: 1, memory-mb: 1024, disk-gb: 4";
    try (ThreeHosts three = new ThreeHosts(dir, site.coordinator, breaker, vm)) {
      hosts = three;
      brokenHostPausesUntilItIsMended();
      hostThatIsDownIsPassedOverAndStopsTheUpgrade();
    } finally {
      site.close();
    }
  }

  private void brokenHostPausesUntilItIsMended() throws IOException {
    Path broken = breakable("b");
    assertThat(hosts.fleet("exec", "--only", "b", "--", "touch", broken.toString()).ok()).isTrue();
    String build = site.create(held(5));
    await("b", "takes no more jobs: " + PAUSED);
    site.await("jobs on a and c", () -> running(build).equals(List.of("oven-a.1", "oven-c.1")));

    Outcome status = hosts.fleet("status");
    assertThat(status.status()).as(ThreeHosts.error(status)).isZero();
    assertThat(status.text())
        .containsPattern("(?m)^a +ready +1/1 ")
        .containsPattern("(?m)^b +away +0/1 .* " + PAUSED)
        .containsPattern("(?m)^c +ready +1/1 ");

    go(build);
    BuildView ended = site.ended(build);
    assertThat(ended.passed()).as("%s", ended.jobs()).isTrue();
    List<JobView> failed = work(ended, job -> job.state() == JobState.FAILED);
    assertThat(failed).hasSize(3).allMatch(job -> "oven-b.1".equals(job.agent()) && job.retried());
    assertThat(work(ended, job -> job.state() == JobState.PASSED))
        .hasSize(5)
        .noneMatch(job -> "oven-b.1".equals(job.agent()));

    assertThat(hosts.fleet("exec", "--only", "b", "--", "rm", broken.toString()).ok()).isTrue();
    await("b", "a probe ran in a VM; takes jobs again");
  }

  private void hostThatIsDownIsPassedOverAndStopsTheUpgrade() throws Exception {
    String build = site.create(held(3));
    List<String> all = List.of("oven-a.1", "oven-b.1", "oven-c.1");
    site.await("a job on each", () -> running(build).equals(all));
    hosts.down("b");

    Outcome exec = hosts.fleet("exec", "--", "echo", "x");
    assertThat(exec.status()).isEqualTo(1);
    assertThat(exec.text()).isEqualTo("a: x\nc: x");
    assertThat(ThreeHosts.error(exec)).contains("b: was not reached");
    for (String verb : List.of("drain", "undrain")) {
      Outcome told = hosts.fleet(verb);
      assertThat(told.status()).isEqualTo(1);
      assertThat(told.text())
          .containsPattern("(?m)^a +asked$")
          .containsPattern("(?m)^b +unreachable: .*refused")
          .containsPattern("(?m)^c +asked$");
      await("a", "leaves after its job");
      await("c", "leaves after its job");
    }
    assertThat(hosts.fleet("status").text())
        .containsPattern("(?m)^a +ready +1/1 ")
        .containsPattern("(?m)^b +unreachable +.*refused")
        .containsPattern("(?m)^c +ready +1/1 ");

    String release = hosts.release("next", ": next").toString();
    Path log = dir.resolve("upgrade.log");
    Process upgrade = hosts.command("upgrade", "--release", release).startInto(log);
    site.await("the drain of a", () -> read(log).contains("a: drain"));
    go(build);
    assertThat(upgrade.waitFor()).as(read(log)).isEqualTo(1);
    assertThat(read(log))
        .containsPattern("(?m)^a +[0-9a-f]{12}$")
        .containsPattern("(?m)^b +unreachable: status: .*refused")
        .containsPattern("(?m)^c +not begun$")
        .doesNotContain("c: drain");
    assertThat(hosts.current("a").toString()).matches("releases/[0-9a-f]{12}");
    assertThat(hosts.current("c")).hasToString("releases/first");
    assertThat(hosts.fleet("upgrade", "--release", release, "--only", "b").status()).isEqualTo(125);

    BuildView ended = site.ended(build);
    assertThat(ended.passed()).as("%s", ended.jobs()).isTrue();
    assertThat(work(ended, job -> job.state() == JobState.FAILED))
        .singleElement()
        .matches(job -> "oven-b.1".equals(job.agent()));
    assertThat(work(ended, job -> job.state() == JobState.PASSED)).hasSize(3);

    hosts.up("b");
    Outcome rest = hosts.fleet("upgrade", "--release", release, "--only", "b,c", "--at-once", "2");
    assertThat(rest.status()).as(ThreeHosts.error(rest)).isZero();
    for (String name : ThreeHosts.NAMES) {
      assertThat(hosts.current(name)).isEqualTo(hosts.current("a"));
    }
  }

  /// Has a host a QEMU that does not start a VM while the file is there.
  private Path breakable(String host) throws IOException {
    Path broken = hosts.home(host).resolve("broken");
    String qemu = "qemu-system-" + System.getProperty("os.arch").replace("amd64", "x86_64");
    ThreeHosts.program(
        Files.createDirectories(hosts.bin(host)).resolve(qemu),
        """
        case " $* " in *" -object "*) if [ -e '%s' ]; then echo injected >&2; exit 1; fi ;; esac
        exec '%s' "$@"
        """
            .formatted(broken, Programs.path(qemu)));
    return broken;
  }

  /// Jobs that run until [#go].
  private static String held(int jobs) {
    return """
    steps:
      - {input: Go, key: ask, fields: [{text: Go, key: go}]}
      - key: work
        command: "until buildkite-agent meta-data exists go; do sleep 2; done"
        parallelism: %d
        retry: {automatic: [{exit_status: -1, limit: 2}, {exit_status: 125, limit: 2}]}
        timeout_in_minutes: 5
    """
        .formatted(jobs);
  }

  private void go(String build) {
    String ask =
        site.coordinator.build(build).jobs().stream()
            .filter(job -> "ask".equals(job.key()))
            .findFirst()
            .orElseThrow()
            .id();
    site.coordinator.unblock(ask, Map.of("go", "yes"), "a test");
  }

  private List<String> running(String build) {
    return work(site.coordinator.build(build), job -> job.state() == JobState.RUNNING).stream()
        .map(JobView::agent)
        .sorted()
        .toList();
  }

  private static List<JobView> work(BuildView build, Predicate<JobView> which) {
    Stream<JobView> work = build.jobs().stream().filter(job -> "work".equals(job.key()));
    return work.filter(which).toList();
  }

  private void await(String host, String text) throws IOException {
    Path log = hosts.home(host).resolve("host.log");
    site.await(host + " to say " + text, () -> read(log).contains(text));
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
