package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What guests are asked for, run here: with tools that are not here, or are macOS's, replaced by
/// ones that note how they were called. No test has run on macOS.
class EvidenceProbeTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path dir;

  @Test
  void aMacIsAskedForReportsSinceTheJobBeganAndForItsScreen() {
    List<EvidenceProbe> probes =
        EvidenceProbe.ofFailure(GuestSystem.DARWIN, Duration.ofSeconds(150));
    assertThat(probes)
        .extracting(EvidenceProbe::file)
        .containsExactly("reports.txt", "screenshot.png");
    assertThat(probes.get(0).argv())
        .containsExactly(
            "sudo",
            "-n",
            "sh",
            "-s",
            "--",
            "3",
            "/Library/Logs/DiagnosticReports",
            "/Users/admin/Library/Logs/DiagnosticReports");
    assertThat(EvidenceProbe.stacks(GuestSystem.DARWIN, "job", Duration.ofSeconds(2)).argv())
        .containsExactly("sudo", "-n", "perl", "-", "/var/run/bakehouse/runs/job.started", "2");
  }

  @Test
  void reportsAreThoseOfTheJobsTime() throws IOException {
    Files.writeString(dir.resolve("new one.ips"), "it crashed");
    Files.writeString(dir.resolve("old.ips"), "long ago");
    Files.setLastModifiedTime(
        dir.resolve("old.ips"), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    EvidenceProbe probe = EvidenceProbe.ofFailure(GuestSystem.DARWIN, Duration.ZERO).get(0);
    Outcome outcome =
        Command.of("sh", "-s", "--", "5", dir.toString(), dir.resolve("gone").toString())
            .input(probe.input())
            .check();
    assertThat(outcome.text()).contains("new one.ips", "it crashed").doesNotContain("long ago");
  }

  @Test
  void theScreenIsThatOfTheSessionOfWhoIsLoggedIn() throws IOException {
    EvidenceProbe probe = EvidenceProbe.ofFailure(GuestSystem.DARWIN, Duration.ZERO).get(1);
    tool("stat", "echo 501");
    tool("launchctl", "cat >/dev/null; shift 2; exec \"$@\"");
    tool("screencapture", "echo picture >\"$2\"");
    Outcome outcome = tools(Command.of("sh", "-s", "--").input(probe.input())).check();
    assertThat(outcome.text()).isEqualTo("picture");
    assertThat(calls())
        .contains("stat -f %u /dev/console\n", "launchctl asuser 501 screencapture -x /");
    tool("stat", "echo 0");
    assertThat(tools(Command.of("sh", "-s", "--").input(probe.input())).check().out()).isEmpty();
  }

  @Test
  void stacksAreThoseOfTheRunsProcesses() throws Exception {
    tool("eu-stack", "echo \"#0 of $2\"");
    Process job =
        Command.of("setsid", "sh", "-c", "sleep 600 & sleep 601; true", "NOT-CUT").start();
    try {
      List<ProcessHandle> sleeping =
          Poll.until(
              "two processes that sleep",
              LONG,
              () ->
                  Optional.of(job.descendants().toList())
                      .filter(all -> all.stream().filter(EvidenceProbeTest::sleeps).count() == 2));
      String text = stacks("", job.pid()).text();
      assertThat(text)
          .startsWith("== processes")
          .contains(job.pid() + " S ", " sh -c sleep 600 & sleep 601; true NOT-CUT")
          .doesNotContain("stacks.pl");
      for (ProcessHandle one : sleeping.stream().filter(EvidenceProbeTest::sleeps).toList()) {
        assertThat(text).contains("  " + one.pid() + " S ", "#0 of " + one.pid());
      }
    } finally {
      job.descendants().forEach(ProcessHandle::destroyForcibly);
      job.destroyForcibly();
    }
    assertThat(stacks("", 0x7ffffffe).out()).isEmpty();
  }

  @Test
  void aToolThatHangsIsLeft() throws Exception {
    tool("eu-stack", "echo began; exec sleep 600");
    Process job = Command.of("setsid", "sleep", "600").start();
    try {
      Poll.until("it to sleep", LONG, () -> Optional.of(job).filter(j -> sleeps(j.toHandle())));
      assertThat(stacks("", job.pid()).text()).endsWith("began");
    } finally {
      job.destroyForcibly();
    }
  }

  @Test
  void macsSampleTheirProcesses() throws IOException {
    tool(
        "ps",
        "printf '%s\\n' ' 50 1 50 Ss - sh -c x' ' 51 50 50 S+ select sleep 600' ' 60 1 60 S - no'");
    tool("sample", "echo \"Call graph of $1\"");
    String text = stacks("BEGIN { $^O = 'darwin' } ", 50).text();
    assertThat(text)
        .contains("50 Ss - sh -c x\n  51 S+ select sleep 600\n", "Call graph of 51")
        .doesNotContain("60 ", "-- kernel");
    assertThat(calls())
        .contains("sample 51 1 -mayDie -file /dev/stdout\nsample 50 1 -mayDie -file /dev/stdout\n");
  }

  @Test
  void coresAreAllowedForTheCommandAlone() {
    List<String> argv =
        new ArrayList<>(
            EvidenceProbe.Cores.of(List.of("/bin/sh", "-c", "ulimit -c; echo $1", "x")));
    argv.add("two words");
    assertThat(Command.of(argv).check().text().lines()).containsExactly("2097152", "two words");
  }

  private static boolean sleeps(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/sleep");
  }

  private Outcome stacks(String before, long leader) throws IOException {
    EvidenceProbe probe = EvidenceProbe.stacks(GuestSystem.LINUX, "job", Duration.ofSeconds(3));
    Path started = Files.writeString(dir.resolve("job.started"), leader + " 2147483646 ");
    Path program = dir.resolve("stacks.pl");
    Files.writeString(
        program, before + new String(probe.input(), java.nio.charset.StandardCharsets.UTF_8));
    return tools(Command.of("perl", program.toString(), started.toString(), "3")).check();
  }

  private Command tools(Command command) {
    return command.env("PATH", dir.resolve("tools") + ":/usr/bin:/bin");
  }

  private void tool(String name, String more) throws IOException {
    Path file = Files.createDirectories(dir.resolve("tools")).resolve(name);
    Files.writeString(
        file, "#!/bin/sh\necho " + name + " \"$@\" >>" + dir.resolve("calls") + "\n" + more + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String calls() throws IOException {
    return Files.readString(dir.resolve("calls"));
  }
}
