package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Cache volumes of jobs that real agents run.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class CacheVolumeTest {
  private static final String CACHE = "\"$CACHE_PATH/bun\"";

  @Test
  void aVolumeGoesFromJobToJobAndToTheStoreAfterThem(JobFixture fixture) throws IOException {
    Result first = job(fixture, "mkdir " + CACHE + "; echo one >" + CACHE + "/entry");
    assertThat(first.status()).as(first.log()).isEqualTo("0");
    assertThat(first.log()).contains("kept on this host as generation 1 of ");
    Result second =
        job(fixture, "grep one " + CACHE + "/entry; grep -c \" $CACHE_PATH ext4\" /proc/mounts");
    assertThat(second.status()).as(second.log()).isEqualTo("0");
    assertThat(second.log()).contains("on the volume, generation 1").contains("attach ");
    Result failing = job(fixture, "rm " + CACHE + "/entry; exit 3");
    assertThat(failing.status()).isEqualTo("3");
    assertThat(failing.log()).doesNotContain("kept on this host");
    Outcome saved = volumes(fixture, "publish", "--wait");
    assertThat(saved.status()).as(saved.complaint()).isZero();
    assertThat(volumes(fixture, "list").text())
        .contains("generation 2 of")
        .contains("1 volumes, 0 generations wait");
    Path state = HostSettings.read(fixture.hostConfig()).state();
    makeOld(state.resolve("volumes"));
    Result newer = job(fixture, "grep one " + CACHE + "/entry");
    assertThat(newer.status()).as(newer.log()).isEqualTo("0");
    assertThat(newer.log()).contains("the store has newer ones than").contains("fill ");
    assertThat(volumes(fixture, "publish", "--wait").status()).isZero();
    assertThat(volumes(fixture, "prune", "--budget-gb", "0").status()).isZero();
    Result filled = job(fixture, "grep one " + CACHE + "/entry");
    assertThat(filled.status()).as(filled.log()).isEqualTo("0");
    assertThat(filled.log()).contains("bun from build").contains("fill ").contains("generation 1");
  }

  /// As if the host had not run the step for long, and another had.
  private static void makeOld(Path volumes) throws IOException {
    for (String name : Trees.names(volumes)) {
      Path json = volumes.resolve(name).resolve("volume.json");
      if (Files.exists(json)) {
        Files.writeString(
            json,
            Files.readString(json)
                .replaceAll("\"kept\":\"[^\"]*\"", "\"kept\":\"2001-01-01T00:00:00Z\"")
                .replaceAll("\"build\":\"[^\"]*\"", "\"build\":\"older\"")
                .replaceAll(
                    "\"published\":\\{\"bun\":\"[^\"]*\"", "\"published\":{\"bun\":\"other\""));
      }
    }
  }

  private static Result job(JobFixture fixture, String command) {
    Map<String, String> env = Map.of("CACHE_KINDS", "bun");
    String strict = "set -e; " + command;
    return fixture
        .run(List.of(new Step("volume-build-cpp", strict, env, Where.VM)))
        .get("volume-build-cpp");
  }

  private static Outcome volumes(JobFixture fixture, String... words) {
    return Command.of(Self.argv("cache", "volumes"))
        .and(words)
        .and("--config", fixture.hostConfig().toString())
        .run();
  }
}
