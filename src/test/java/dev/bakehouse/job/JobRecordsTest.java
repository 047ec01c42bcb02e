package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Processes.Identity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobRecordsTest {
  private static final String TOKEN = "token-that-is-secret";

  @TempDir Path dir;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Phases phases = new Phases(new PrintStream(log, true, StandardCharsets.UTF_8));

  @Test
  void aJobIsThereWhileItRunsAndAfterItsEnd() throws IOException {
    JobRecords records = new JobRecords(dir);
    Recording recording = begin("j1", Map.of("BUILDKITE_STEP_KEY", "cpp"));
    assertThat(records.ended()).isEmpty();
    assertThat(records.running().get("j1"))
        .satisfies(
            job -> {
              assertThat(job.pipeline()).isEqualTo("bun");
              assertThat(job.build()).isEqualTo(7);
              assertThat(job.step()).isEqualTo("cpp");
              assertThat(job.outcome()).isEqualTo(JobRecord.RUNNING);
              assertThat(job.took()).isEmpty();
            });

    phases.add(Phase.BOOT, Duration.ofMillis(2500));
    phases.add(Phase.CLONE, Duration.ofMillis(100));
    phases.started("resume");
    recording.end(0, false);

    assertThat(records.running()).isEmpty();
    assertThat(records.ended().values())
        .singleElement()
        .satisfies(
            job -> {
              assertThat(job.outcome()).isEqualTo("passed");
              assertThat(job.vm()).isEqualTo("resume");
              assertThat(job.took()).isPresent();
              assertThat(job.phases()).isEqualTo(Map.of("clone", 0.1, "boot", 2.5));
              assertThat(List.copyOf(job.phases().keySet())).containsExactly("clone", "boot");
            });
    try (Stream<Path> files = Files.list(dir.resolve("jobs"))) {
      assertThat(files)
          .singleElement()
          .satisfies(f -> assertThat(f).content().doesNotContain(TOKEN));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("jobs"))))
        .isEqualTo("rwx------");
  }

  @Test
  void itsEndIsTold() {
    begin("j1", Map.of()).end(3, false);
    begin("j2", Map.of()).end(143, true);
    Recording third = begin("j3", Map.of());
    third.machineryFailed(Optional.of(Phase.BOOT));
    third.end(125, false);

    assertThat(new JobRecords(dir).ended().values())
        .extracting(job -> job.id() + " " + job.outcome() + " " + job.phase())
        .containsExactlyInAnyOrder("j1 failed ", "j2 cancelled ", "j3 infrastructure boot");
  }

  @Test
  void theLastOnesAreKeptAndLongNamesAreCut() {
    for (int n = 0; n < JobRecords.KEPT + 5; n++) {
      begin("j" + n, Map.of("BUILDKITE_LABEL", "x".repeat(5000))).end(0, false);
    }
    List<JobRecord> all = List.copyOf(new JobRecords(dir).ended().values());
    assertThat(all).hasSize(JobRecords.KEPT);
    assertThat(all).extracting(JobRecord::id).contains("j" + (JobRecords.KEPT + 4));
    assertThat(all).extracting(JobRecord::id).doesNotContain("j0");
    assertThat(all.getFirst().step()).hasSize(201);
  }

  @Test
  void whatIsDamagedIsLeftOut() throws IOException {
    begin("j1", Map.of()).end(0, false);
    Path jobs = dir.resolve("jobs");
    Files.writeString(jobs.resolve("000000000000001-1-1.json"), "{\"id\":\"j0\"");
    Files.writeString(jobs.resolve("000000000000002-1-1.json"), "{\"id\":\"j0\",\"began\":\"x\"}");
    Files.writeString(jobs.resolve("000000000000003-1-1.json"), "[".repeat(1 << 19));
    Files.writeString(jobs.resolve("000000000000004-1-1.json"), "null");
    String whole =
        Files.readString(
            jobs.resolve(new JobRecords(dir).ended().firstEntry().getKey()),
            StandardCharsets.UTF_8);
    String began = "\"began\":\"2026-01-31T12:00:00Z\"";
    Files.writeString(
        jobs.resolve("000000000000005-1-1.json"), "{" + began + ",\"phases\":{},\"caches\":[]}");
    Files.writeString(
        jobs.resolve("000000000000006-1-1.json"),
        whole.replaceFirst("\"ended\":\"[^\"]*\"", "\"ended\":\"oops\""));
    Files.writeString(
        jobs.resolve("000000000000007-1-1.json"),
        whole.replaceFirst("\"phases\":\\{[^}]*}", "\"phases\":{\"boot\":null}"));
    Files.writeString(jobs.resolve("now-9-1.json"), "");
    Path draft = Files.writeString(jobs.resolve(".now-9-2.json"), "{");
    Files.setLastModifiedTime(draft, FileTime.from(Instant.now().minusSeconds(3700)));
    assertThat(new JobRecords(dir).ended().values())
        .extracting(JobRecord::id)
        .containsExactly("j1");
    assertThat(new JobRecords(dir).running()).isEmpty();
    begin("j2", Map.of()).end(0, false);
    assertThat(jobs.resolve("now-9-1.json")).doesNotExist();
    assertThat(draft).doesNotExist();
  }

  /// Another process stands for a job's that was killed.
  @Test
  void whatCouldNotBeReadOnceIsReadTheNextTime() throws IOException {
    begin("j1", Map.of()).end(0, false);
    JobRecords records = new JobRecords(dir);
    Path jobs = dir.resolve("jobs");
    Path file = jobs.resolve(new JobRecords(dir).ended().firstEntry().getKey());
    Path aside = Files.move(file, dir.resolve("aside"));
    Files.createDirectory(file);
    assertThat(records.ended()).isEmpty();
    Files.delete(file);
    Files.move(aside, file);
    assertThat(records.ended()).hasSize(1);
  }

  @Test
  void aJobThatWasKilledRunsNoMore() throws Exception {
    String process;
    Path file = dir.resolve("pid");
    try (Guarded other =
        Guardian.of(Command.of("sleep", "60"), dir, dir.resolve("log"), file).start()) {
      process = Identity.read(file).orElseThrow().text();
      String text = Files.readString(running("j1"));
      Files.writeString(
          dir.resolve("jobs/now-9-9.json"),
          text.replaceFirst("\"process\":\"[^\"]*\"", "\"process\":\"" + process + "\"")
              .replace("\"j1\"", "\"j2\""));
      assertThat(new JobRecords(dir).running()).containsOnlyKeys("j1", "j2");
      other.terminate();
    }
    assertThat(new JobRecords(dir).running()).containsOnlyKeys("j1");
  }

  /// The host's disk is full, say.
  @Test
  void aJobGoesOnWithoutItsRecord() throws IOException {
    Files.writeString(dir.resolve("jobs"), "no directory");
    begin("j1", Map.of()).end(0, false);
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("the host keeps no record of this job");
  }

  private Path running(String id) throws IOException {
    Recording _ = begin(id, Map.of());
    try (Stream<Path> files = Files.list(dir.resolve("jobs"))) {
      return files.findFirst().orElseThrow();
    }
  }

  private Recording begin(String id, Map<String, String> more) {
    Map<String, String> env = new LinkedHashMap<>(more);
    env.put("BUILDKITE_JOB_ID", id);
    env.put("BUILDKITE_PIPELINE_SLUG", "bun");
    env.put("BUILDKITE_BUILD_NUMBER", "7");
    env.put("BUILDKITE_AGENT_ACCESS_TOKEN", TOKEN);
    Job job = new Job(env, new LinkedHashMap<>());
    Recording recording = Recording.begin(job, HostSettings.defaults(dir), phases, true);
    recording.await();
    return recording;
  }
}
