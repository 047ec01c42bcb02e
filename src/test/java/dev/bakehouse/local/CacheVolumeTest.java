package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Cache volumes of jobs that real agents run.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class CacheVolumeTest {
  private static final String CACHE = "\"$CACHE_PATH/bun\"";
  private static final String ADDED = "added-build-cpp";

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

  @Test
  void whatAnotherHostSavedIsAddedBesideTheJobAndNotStoredAgain(
      JobFixture fixture, @TempDir Path dir) throws IOException {
    String ccache = "\"$CACHE_PATH/ccache";
    String make = "mkdir -p " + ccache + "/0/1\"; echo one >" + ccache + "/0/1/oneR\"";
    String id = "echo \"id=$BUILDKITE_BUILD_ID.\"";
    Result first = added(fixture, Where.VM, make);
    assertThat(first.status()).as(first.log()).isEqualTo("0");
    assertThat(volumes(fixture, "publish", "--wait").status()).isZero();
    Result elsewhere = added(fixture, Where.PLAIN, id);
    String build = elsewhere.log().replaceFirst("(?s).*\\bid=([0-9a-f-]+)\\..*", "$1");
    saveMore(fixture, dir, build);
    long before = stored(fixture);

    String there = ccache + "/2/3/twoR\"";
    Result third =
        added(
            fixture,
            Where.VM,
            "timeout 120 sh -c 'until test -e " + there + "; do sleep 0.1; done'");
    assertThat(third.status()).as(third.log()).isEqualTo("0");
    assertThat(third.log())
        .contains("on the volume, generation 1")
        .contains("added to the volume from ccache of build " + build + ": 1 files, 1,000,000");
    assertThat(volumes(fixture, "publish", "--wait").status()).isZero();
    Entry kept = newest(fixture);
    assertThat(kept.address().build()).isNotEqualTo(build);
    // Beside what ccache itself keeps there, when other jobs of the scope ran before.
    assertThat(kept.bytes()).isBetween(1_000_004L, 1_010_000L);
    assertThat(stored(fixture)).isLessThan(before + 100_000);
    assertThat(volumes(fixture, "prune", "--budget-gb", "0").status()).isZero();
  }

  /// The stand-in's VMs have one disk more, as Tart's do by `--disk`.
  @Test
  void tartsVmsHaveThemToo(JobFixture fixture) throws IOException {
    String state = fixture.tartLinux().state().toString();
    Result first =
        job(fixture, Where.TART_LINUX, "mkdir -p " + CACHE + "; echo one >" + CACHE + "/entry");
    assertThat(first.status()).as(first.log()).isEqualTo("0");
    assertThat(first.log()).contains("kept on this host as generation 1 of ");
    assertThat(Trees.names(Path.of(state, "volumes"))).isNotEmpty();
    Result second =
        job(
            fixture,
            Where.TART_LINUX,
            "grep one "
                + CACHE
                + "/entry; grep -c \" $CACHE_PATH ext4\" /proc/mounts; echo two >"
                + CACHE
                + "/entry");
    assertThat(second.status()).as(second.log()).isEqualTo("0");
    assertThat(second.log())
        .contains("on the volume, generation 1", "kept on this host as generation 2 of ");
    Result failing = job(fixture, Where.TART_LINUX, "grep two " + CACHE + "/entry; exit 3");
    assertThat(failing.status()).as(failing.log()).isEqualTo("3");
    assertThat(failing.log()).doesNotContain("kept on this host");
  }

  private static SnapshotStore store(JobFixture fixture) {
    return new SnapshotStore(new DirectoryStore(fixture.dir().resolve("cache")));
  }

  private static Entry newest(JobFixture fixture) {
    return store(fixture).all().stream()
        .filter(e -> e.address().step().equals(ADDED))
        .findFirst()
        .orElseThrow();
  }

  /// Bytes of all files of the store.
  private static long stored(JobFixture fixture) {
    String sizes =
        Command.of("find", fixture.dir().resolve("cache").toString(), "-type", "f")
            .and("-printf", "%s\\n")
            .check()
            .text();
    return sizes.lines().mapToLong(Long::parseLong).sum();
  }

  /// As the other host's publisher: what the first build saved, and an entry.
  private static void saveMore(JobFixture fixture, Path dir, String build) throws IOException {
    SnapshotStore store = store(fixture);
    Entry before = newest(fixture);
    Path tree = dir.resolve("ccache");
    ((Opened.Whole) store.open(before)).restore(tree);
    byte[] bytes = new byte[1_000_000];
    new Random(7).nextBytes(bytes);
    Files.write(Files.createDirectories(tree.resolve("2/3")).resolve("twoR"), bytes);
    Scope scope = before.address().scope();
    HostDirectory other = new HostDirectory(tree);
    Address address = new Address(scope, build, ADDED, Kind.CCACHE);
    assertThat(other.save(store, address, List.of(scope), false).entry()).isPresent();
  }

  private static Result added(JobFixture fixture, Where where, String command) {
    Map<String, String> env = Map.of("CACHE_KINDS", "ccache");
    return fixture.run(List.of(new Step(ADDED, "set -e; " + command, env, where))).get(ADDED);
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
    return job(fixture, Where.VM, command);
  }

  private static Result job(JobFixture fixture, Where where, String command) {
    Map<String, String> env = Map.of("CACHE_KINDS", "bun");
    String key = where.name().toLowerCase(Locale.ROOT) + "-build-cpp";
    return fixture.run(List.of(new Step(key, "set -e; " + command, env, where))).get(key);
  }

  private static Outcome volumes(JobFixture fixture, String... words) {
    return Command.of(Self.argv("cache", "volumes"))
        .and(words)
        .and("--config", fixture.hostConfig().toString())
        .run();
  }
}
