package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What is kept of jobs that fail, hang and lose their VM: on the host and as artifacts.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class EvidenceTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String SECRET = "s3cret-of-the-oven";

  /// A line of the kernel's log that is on the console, too.
  private static final String PIPELINE =
      """
      env: {OVEN_TOKEN: s3cret-of-the-oven}
      agents: {queue: vm}
      steps:
        - key: fails
          command: |
            echo "<2>the oven has $OVEN_TOKEN in it" | sudo tee /dev/kmsg >/dev/null
            exit 3
        - key: dies
          command: |
            echo '<2>its last words' | sudo tee /dev/kmsg >/dev/null
            echo b | sudo tee /proc/sysrq-trigger
            sleep 600
        - key: passes
          command: 'true'
        - key: hangs
          command: |
            echo beg""un
            sh -c 'sleep 1234; true' sh "$OVEN_TOKEN"
      """;

  /// A process of the job crashes, not the command itself; another was there before.
  private static final String CRASH =
      """
      agents: {queue: vm}
      steps:
        - key: crashes
          command: |
            echo old | sudo tee /var/tmp/bakehouse-cores/core.old.1 >/dev/null
            sudo touch -d '2 hours ago' /var/tmp/bakehouse-cores/core.old.1
            perl -e '$0 = "oven"; $kept = "in-memory-" . "of-the-oven"; kill SEGV => $$; sleep 60' || exit 9
      """;

  @TempDir Path dir;

  @Test
  void isKeptAndUploaded(JobFixture fixture) throws Exception {
    RestClient rest =
        RestClient.of(
            URI.create(fixture.coordinator().address() + "/v2"),
            "bakehouse",
            fixture.coordinator().apiToken());
    var build =
        CompletableFuture.supplyAsync(() -> fixture.runPipeline("main", Map.of(), PIPELINE));
    JobView hanging =
        Poll.until(
            "the job that hangs",
            PATIENCE,
            () ->
                builds(fixture)
                    .flatMap(b -> b.jobs().stream())
                    .filter(j -> "hangs".equals(j.key()) && j.state() == JobState.RUNNING)
                    .filter(j -> log(fixture, j).contains("begun"))
                    .findFirst());
    assertThat(rest.cancelJob(hanging.id())).isNotNull();
    Map<String, Result> results = build.get();

    Result fails = results.get("fails");
    assertThat(fails.status()).as(fails.log()).isEqualTo("3");
    assertThat(fails.log()).contains("evidence · console.log, journal.txt in");
    String said = "the oven has [REDACTED] in it";
    assertThat(kept(fixture, fails, "console.log")).contains(said);
    assertThat(kept(fixture, fails, "journal.txt")).contains(said, "systemd[1]");

    Result dies = results.get("dies");
    assertThat(dies.log()).contains("infrastructure failure");
    assertThat(kept(fixture, dies, "console.log")).contains("its last words");
    assertThat(place(fixture, dies).resolve("journal.txt")).doesNotExist();

    Result hangs = results.get("hangs");
    assertThat(hangs.job().state()).isEqualTo(JobState.CANCELED);
    assertThat(kept(fixture, hangs, "stacks.txt"))
        .as(hangs.log())
        .contains("sh -c sleep 1234; true sh [REDACTED]", " sleep 1234\n", "nanosleep");

    Result passes = results.get("passes");
    assertThat(passes.status()).isEqualTo("0");
    assertThat(passes.log()).doesNotContain("bakehouse: evidence", "· evidence");
    assertThat(place(fixture, passes)).doesNotExist();

    BuildView view = builds(fixture).filter(b -> b.jobs().contains(fails.job())).findFirst().get();
    List<ArtifactInfo> artifacts = rest.artifacts("test", view.number());
    assertThat(artifacts)
        .extracting(ArtifactInfo::path)
        .contains(
            "evidence/" + fails.job().id() + "/console.log",
            "evidence/" + fails.job().id() + "/journal.txt",
            "evidence/" + dies.job().id() + "/console.log",
            "evidence/" + hangs.job().id() + "/stacks.txt");
    for (ArtifactInfo artifact : artifacts) {
      Path got = dir.resolve("got");
      rest.download(artifact, got);
      assertThat(Files.readString(got, StandardCharsets.ISO_8859_1)).doesNotContain(SECRET);
    }
  }

  @Test
  void coresAreKeptWhereTheHostSaysSo(JobFixture fixture) throws Exception {
    String usual = Files.readString(fixture.hostConfig());
    Files.writeString(
        fixture.hostConfig(), usual.replace("host: {", "host: {\"evidence\": {\"cores\": true},"));
    Result crashes;
    try {
      crashes = fixture.runPipeline("main", Map.of(), CRASH).get("crashes");
    } finally {
      Files.writeString(fixture.hostConfig(), usual);
    }
    assertThat(crashes.status()).as(crashes.log()).isEqualTo("9");
    List<Path> cores;
    try (Stream<Path> all = Files.list(place(fixture, crashes))) {
      cores = all.filter(file -> file.getFileName().toString().startsWith("core.")).toList();
    }
    assertThat(cores).as(crashes.log()).hasSize(1);
    assertThat(cores.getFirst().getFileName().toString()).matches("core\\.oven\\.\\d+\\.gz");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cores.getFirst())))
        .isEqualTo("rw-------");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(cores.getFirst()))) {
      byte[] core = in.readAllBytes();
      assertThat(core).startsWith(0x7f, 'E', 'L', 'F');
      assertThat(new String(core, StandardCharsets.ISO_8859_1)).contains("in-memory-of-the-oven");
    }
  }

  private static Stream<BuildView> builds(JobFixture fixture) {
    return fixture.coordinator().builds("test").stream();
  }

  private static String log(JobFixture fixture, JobView job) {
    byte[] log = new LogText().filter(fixture.coordinator().log(job.id()));
    return new String(log, StandardCharsets.UTF_8);
  }

  private static Path place(JobFixture fixture, Result result) {
    Path state = HostSettings.read(fixture.hostConfig()).state();
    return state.resolve("evidence").resolve(result.job().id());
  }

  private static String kept(JobFixture fixture, Result result, String name) throws IOException {
    Path file = place(fixture, result).resolve(name);
    assertThat(file).as(result.log()).isRegularFile();
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }
}
