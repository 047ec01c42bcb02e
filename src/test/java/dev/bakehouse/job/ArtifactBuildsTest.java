package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.ArtifactStore;
import dev.bakehouse.store.buildkite.ArtifactStore.OwnJob;
import dev.bakehouse.store.buildkite.HeldJobs;
import dev.bakehouse.store.buildkite.HeldJobs.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Blobs in the artifacts of several builds, found through the REST API and by catalogues.
@Tag("agent")
class ArtifactBuildsTest {
  private static final Duration RETENTION = Duration.ofDays(30);

  @TempDir static Path dir;
  private static HeldJobs jobs;

  @BeforeAll
  static void start() throws Exception {
    jobs = new HeldJobs(dir);
  }

  @AfterAll
  static void stop() {
    jobs.close();
  }

  @AfterEach
  void releaseAll() throws Exception {
    jobs.releaseAll();
  }

  private static BlobStore of(Map<String, String> env) {
    JobSources.Api api =
        new JobSources.Api(
            Path.of("bakehouse.yml"),
            Optional.of(jobs.coordinator.address() + "/v2"),
            Optional.of(jobs.coordinator.apiToken()));
    return of(api, env);
  }

  private static BlobStore of(JobSources.Api api, Map<String, String> env) {
    return new JobStores(dir, dir.resolve("host"), CacheConfig.defaults(), api, env)
        .open("buildkite:");
  }

  private static ArtifactStore aged(Held job, Duration age) {
    AgentArtifacts agent = new AgentArtifacts(job.env());
    OwnJob own = new OwnJob(job.build(), job.env().get("BUILDKITE_JOB_ID"), agent);
    Clock later = Clock.offset(Clock.systemUTC(), age);
    return new ArtifactStore(
        agent, List::of, Optional.of(own), RETENTION, dir.resolve("host"), later);
  }

  private static Map<String, String> outside(Held job) {
    return Map.of(
        "BUILDKITE_ORGANIZATION_SLUG",
        job.env().get("BUILDKITE_ORGANIZATION_SLUG"),
        "BUILDKITE_PIPELINE_SLUG",
        "test");
  }

  private static String manifest(Held job, String place) {
    String pipeline = "bakehouse.test";
    return "manifests/"
        + pipeline
        + "/"
        + place
        + "/linux-x64-release/ccache/"
        + job.build()
        + "/_.json";
  }

  @Test
  void whatABuildPublishedIsReadByLaterOnesAndOutsideJobs() throws Exception {
    Held first = jobs.hold("main", Map.of());
    BlobStore saver = of(first.env());
    StoreContract.publish(saver, "packs/1", "pack one");
    StoreContract.publish(saver, manifest(first, "branch/main"), "manifest one");
    jobs.release(first);

    Held second = jobs.hold("main", Map.of());
    BlobStore reader = of(second.env());
    assertThat(reader.list("manifests"))
        .extracting(BlobInfo::key)
        .contains(manifest(first, "branch/main"));
    assertThat(StoreContract.read(reader, manifest(first, "branch/main")))
        .isEqualTo("manifest one");
    assertThat(StoreContract.read(reader, "packs/1")).isEqualTo("pack one");
    jobs.release(second);

    BlobStore operator = of(outside(first));
    assertThat(StoreContract.read(operator, manifest(first, "branch/main")))
        .isEqualTo("manifest one");
    assertThatThrownBy(operator::upload)
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e).hasMessageContaining("only from a running job");
              assertThat(e.remedy()).contains("dir:PATH");
            });
  }

  @Test
  void aCatalogueTellsWhereReusedPacksLieAndOldOnesAreSentAgain() throws Exception {
    Held first = jobs.hold("main", Map.of());
    StoreContract.publish(aged(first, Duration.ZERO), "packs/old", "a pack");
    StoreContract.publish(aged(first, Duration.ZERO), manifest(first, "branch/main"), "1");
    Held second = jobs.hold("main", Map.of());
    ArtifactStore saver = aged(second, Duration.ofDays(14));
    saver.stat(manifest(first, "branch/main"));
    saver.touch("packs/old");
    StoreContract.publish(saver, manifest(second, "branch/main"), "2");

    Held third = jobs.hold("main", Map.of());
    ArtifactStore reader = aged(third, Duration.ofDays(16));
    assertThat(reader.stat("packs/old")).isEmpty();
    reader.stat(manifest(second, "branch/main"));
    BlobInfo there = reader.stat("packs/old").orElseThrow();
    assertThat(StoreContract.read(reader, "packs/old")).isEqualTo("a pack");
    reader.touch("packs/old");
    BlobInfo again = reader.stat("packs/old").orElseThrow();
    assertThat(again.version()).isNotEqualTo(there.version());
    assertThat(StoreContract.read(reader, "packs/old")).isEqualTo("a pack");
    StoreContract.publish(reader, manifest(third, "branch/main"), "3");

    ArtifactStore last = aged(second, Duration.ofDays(16));
    last.stat(manifest(third, "branch/main"));
    assertThat(last.stat("packs/old").orElseThrow().version()).isEqualTo(again.version());
    for (Held each : List.of(first, second, third)) {
      jobs.release(each);
    }
  }

  @Test
  void aJobThatSavesAgainTakesNothingFromWhoLookedBefore() throws Exception {
    Held first = jobs.hold("main", Map.of());
    BlobStore saver = of(first.env());
    StoreContract.publish(saver, "packs/5", "pack");
    StoreContract.publish(saver, manifest(first, "branch/main"), "one");
    Held second = jobs.hold("main", Map.of());
    ArtifactStore reader = aged(second, Duration.ZERO);
    assertThat(reader.stat(manifest(first, "branch/main"))).isPresent();

    StoreContract.publish(saver, "packs/6", "another");
    StoreContract.publish(saver, manifest(first, "branch/other"), "two");

    assertThat(StoreContract.read(reader, "packs/5")).isEqualTo("pack");
    jobs.release(first);
    jobs.release(second);
  }

  /// Whoever opens a pull request names its branch.
  @Test
  void aPullRequestFromABranchCalledMainIsNotMain() throws Exception {
    Held real = jobs.hold("main", Map.of());
    BlobStore saver = of(real.env());
    StoreContract.publish(saver, "packs/2", "real");
    StoreContract.publish(saver, manifest(real, "branch/main"), "real");
    jobs.release(real);
    Held pull =
        jobs.hold(
            "main",
            Map.of("BUILDKITE_PULL_REQUEST", "8", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"));
    BlobStore attacker = of(pull.env());
    StoreContract.publish(attacker, "packs/2", "forged");
    StoreContract.publish(attacker, manifest(pull, "pull/8"), "its own");
    String theirs = "history/bakehouse.test/branch/main/linux-x64-release/ccache/_/9.json";
    StoreContract.publish(attacker, theirs, "forged");
    StoreContract.publish(attacker, manifest(pull, "branch/main"), "forged");
    BlobStore operator = of(outside(real));
    assertThat(StoreContract.read(operator, manifest(real, "branch/main"))).isEqualTo("real");
    assertThat(StoreContract.read(operator, manifest(pull, "pull/8"))).isEqualTo("its own");
    assertThat(operator.stat(manifest(pull, "branch/main"))).isEmpty();

    Held victim = jobs.hold("main", Map.of());
    BlobStore reader = of(victim.env());
    assertThat(reader.list("")).extracting(BlobInfo::key).doesNotContain(theirs);
    assertThat(StoreContract.read(reader, manifest(real, "branch/main"))).isEqualTo("real");
    assertThat(StoreContract.read(reader, "packs/2")).isEqualTo("real");
    assertThat(of(pull.env()).list("history")).extracting(BlobInfo::key).doesNotContain(theirs);
    jobs.release(pull);
    jobs.release(victim);
  }

  @Test
  void withoutAnybodyToAskForBuildsTheStoreIsRefused() throws Exception {
    Held job = jobs.hold("main", Map.of());
    JobSources.Api none =
        new JobSources.Api(Path.of("bakehouse.yml"), Optional.empty(), Optional.empty());

    assertThatThrownBy(() -> of(none, job.env()))
        .isInstanceOfSatisfying(
            UserError.class, e -> assertThat(e.remedy()).contains("api.url", "api.token-file"));
    jobs.release(job);
  }

  /// A store that can not be asked costs caches, and never a job.
  @Test
  void anApiThatRefusesIsAFailureOfTheStoreOnly() throws Exception {
    Held job = jobs.hold("main", Map.of());
    Path wrong = Files.writeString(dir.resolve("no-token"), "wrong");
    JobSources.Api api =
        new JobSources.Api(
            Path.of("bakehouse.yml"),
            Optional.of(jobs.coordinator.address() + "/v2"),
            Optional.of(wrong));
    BlobStore store = of(api, job.env());

    assertThatThrownBy(() -> store.stat("packs/9"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("builds of main")
        .hasMessageContaining("401");
    assertThatThrownBy(() -> store.list("")).isInstanceOf(IOException.class);
    jobs.release(job);
  }

  @Test
  void outsideAJobTheBlobsOfOldBuildsAreRead() throws Exception {
    Held old = jobs.hold("main", Map.of());
    BlobStore first = of(old.env());
    StoreContract.publish(first, "packs/3", "old pack");
    StoreContract.publish(first, manifest(old, "branch/main"), "old");
    jobs.release(old);
    for (int i = 0; i < 12; i++) {
      jobs.coordinator.cancel(
          jobs.coordinator.create(
              new BuildRequest("test", "none", "HEAD", "main", "Newer", Map.of()),
              Pipeline.parse("p.yml", "steps: [{command: x}]")));
    }
    Held newest = jobs.hold("main", Map.of());
    ArtifactStore saver = aged(newest, Duration.ZERO);
    saver.stat(manifest(old, "branch/main"));
    saver.touch("packs/3");
    StoreContract.publish(saver, "packs/4", "new pack");
    StoreContract.publish(saver, manifest(newest, "branch/main"), "newest");
    jobs.release(newest);

    BlobStore operator =
        of(
            Map.of(
                "BUILDKITE_ORGANIZATION_SLUG",
                newest.env().get("BUILDKITE_ORGANIZATION_SLUG"),
                "BUILDKITE_PIPELINE_SLUG",
                "test"));
    assertThat(StoreContract.read(operator, manifest(newest, "branch/main"))).isEqualTo("newest");
    assertThat(StoreContract.read(operator, "packs/3")).isEqualTo("old pack");
  }

  @Test
  void aPullRequestsJobCanNotPublishForMain() throws Exception {
    Held pull =
        jobs.hold(
            "feature",
            Map.of("BUILDKITE_PULL_REQUEST", "7", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"));
    BlobStore attacker = of(pull.env());
    StoreContract.publish(attacker, manifest(pull, "pull/7"), "its own");
    StoreContract.publish(attacker, manifest(pull, "branch/main"), "forged");
    Held main = jobs.hold("main", Map.of());
    assertThatThrownBy(
            () -> StoreContract.publish(attacker, manifest(main, "branch/main"), "forged"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("writes to its own build only");
    jobs.release(pull);

    Held same =
        jobs.hold(
            "feature",
            Map.of("BUILDKITE_PULL_REQUEST", "7", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"));
    for (Held reader : List.of(main, same)) {
      assertThat(of(reader.env()).list("manifests/bakehouse.test/branch"))
          .extracting(BlobInfo::key)
          .doesNotContain(manifest(pull, "branch/main"));
    }
    assertThat(of(same.env()).list("manifests"))
        .extracting(BlobInfo::key)
        .contains(manifest(pull, "pull/7"));
    jobs.release(main);
    jobs.release(same);
  }
}
