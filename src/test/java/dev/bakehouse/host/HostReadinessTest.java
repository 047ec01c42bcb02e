package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The daemon with real agents, which run their jobs without a VM, and a real coordinator.
@Tag("agent")
class HostReadinessTest {
  private static final Map<String, String> READY =
      Map.of("queue", "vm", "vm-ready", "true", "vm-image", "first");

  @TempDir Path dir;
  private Oven oven;

  @BeforeEach
  void oven() throws IOException {
    oven = new Oven(dir);
  }

  @AfterEach
  void close() {
    oven.close();
  }

  @Test
  void anImageThatGoesTakesTheTagsWithItAndABusyAgentEndsItsJobFirst() throws IOException {
    adopt("first", 1);
    oven.start(oven.settings(2, ""));
    oven.await(2, "vm-ready=true", "vm-image=first", "vm-status-reason=ready", "host=oven-a");
    oven.await(2, "os=macos", "os=darwin", "arch=arm64", "arch=aarch64", "queue=vm");
    Path began = dir.resolve("began");
    Path end = dir.resolve("end");
    String busy =
        oven.create("touch %s; while [ ! -e %s ]; do sleep 0.1; done".formatted(began, end), READY);
    Oven.await(began);

    Directories.delete(oven.state.resolve("images/first"));
    oven.await(
        "one that left, one that is busy",
        all ->
            all.size() == 2
                && all.stream().filter(a -> a.metaData().contains("vm-ready=false")).count() == 1);
    StatusFile told = file();
    HostStatus _ =
        Poll.until(
            "a status of one that leaves, one that is idle",
            Oven.LONG,
            () -> told.read().filter(now -> states(now).equals(List.of("idle", "leaving"))));
    String waits = oven.create("true", READY);
    assertThat(oven.coordinator.build(busy).ended()).isFalse();

    Files.createFile(end);
    assertThat(oven.ended(busy).passed()).isTrue();
    oven.await(
        2,
        "vm-ready=false",
        "vm-status-reason=image first is missing and nothing says where to get it from");
    assertThat(oven.coordinator.build(waits).ended()).isFalse();

    adopt("first", 1);
    assertThat(oven.ended(waits).passed()).isTrue();
    oven.await(2, "vm-ready=true", "vm-image=first", "vm-status-reason=ready");
  }

  @Test
  void whatIsMissingOrDamagedComesBackByItself() throws Exception {
    oven.start(oven.settings(1, ", image-source: '" + oven.reference("1.0") + "'"));
    oven.await(
        1, "vm-ready=false", "vm-status-reason=image first is missing it could not be fetched");
    String waits = oven.create("true", READY);
    String _ = oven.pushed("1.0", 3, Map.of());
    assertThat(oven.ended(waits).passed()).isTrue();

    LocalImage image = oven.store().get("first");
    int right = flip(image.disk());
    oven.await(
        "a change that is seen", all -> all.getFirst().metaData().contains("vm-ready=false"));
    oven.await(1, "vm-ready=true", "vm-status-reason=ready");
    assertThat(flip(image.disk())).isEqualTo(right);
    assertThat(Files.readString(oven.state.resolve("host.log"))).contains("slice at 0 MB differs");
  }

  /// Nobody listens at that port.
  @Test
  void aRegistryThatIsGoneIsToldAndNoMore() throws IOException {
    adopt("first", 1);
    oven.start(oven.settings(1, ", plain-http: true, image-source: '127.0.0.1:1/image:1.0'"));
    oven.await(
        1, "vm-ready=true", "vm-status-reason=ready; image first: its registry does not answer");
    Directories.delete(oven.state.resolve("images/first"));
    oven.await("not ready", all -> has(all, "vm-status-reason=image first is missing it "));
  }

  @Test
  void ordersHoldWhateverIsFoundAndOverARestart() throws Exception {
    adopt("first", 1);
    oven.start(oven.settings(1, ""));
    oven.await(1, "vm-ready=true");
    oven.orders.force(false);
    oven.await("forced", all -> has(all, "vm-status-reason=forced not ready until "));
    oven.orders.unforce();
    oven.await(1, "vm-ready=true", "vm-status-reason=ready");

    oven.orders.require(new Requirement("3.6", "", ""));
    oven.await(
        "too old",
        all -> has(all, "vm-status-reason=image first has bootstrap version unknown 3.6 is re"));
    oven.orders.force(true);
    oven.await("forced", all -> has(all, "vm-ready=true"));

    oven.orders.drain("new disk");
    oven.await("nobody", List::isEmpty);
    assertThat(status().away()).isEqualTo("drained: new disk");
    oven.stop();
    oven.start(oven.settings(1, ""));
    Optional<HostStatus> again =
        Optional.of(Poll.until("the status", Oven.LONG, () -> file().read()));
    assertThat(again.get().away()).isEqualTo("drained: new disk");
    assertThat(oven.agents()).isEmpty();
    oven.orders.undrain();
    oven.await("forced", all -> has(all, "vm-status-reason=forced ready until "));
  }

  /// Nothing is tried again here: a job that gets lost fails.
  @Test
  void noJobIsLostWhileAgentsComeAndGo() throws IOException {
    adopt("first", 1);
    oven.start(oven.settings(2, ""));
    oven.await(2, "vm-ready=true");
    List<String> builds = new ArrayList<>();
    for (int change = 0; change < 6; change++) {
      for (int n = 0; n < 3; n++) {
        builds.add(oven.create("true", Map.of("queue", "vm")));
      }
      boolean ready = change % 2 == 1;
      oven.orders.force(ready);
      oven.await(
          "the other tags",
          all -> all.stream().anyMatch(a -> a.metaData().contains("vm-ready=" + ready)));
    }
    for (String build : builds) {
      oven.ended(build);
    }
    assertThat(builds).allMatch(build -> oven.coordinator.build(build).passed());
  }

  @Test
  void severalImagesEachWithItsTag() throws IOException {
    adopt("first", 1);
    adopt("second", 2);
    oven.start(oven.settings(1, ", other-images: {second: '', third: ''}"));
    oven.await(1, "vm-ready=true", "vm-image=first", "vm-image=second");
    Directories.delete(oven.state.resolve("images/first"));
    oven.await(
        "the other one",
        all -> has(all, "vm-image=second") && has(all, "vm-ready=true") && !has(all, "vm-image=f"));
    assertThat(status().images())
        .extracting(HostStatus.Image::state)
        .containsExactly("missing", "ready", "missing");
    BuildView build = oven.ended(oven.create("true", Map.of("queue", "vm", "vm-image", "second")));
    assertThat(build.passed()).isTrue();
  }

  @Test
  void theNextDaemonsAgentWaitsUntilThatOfAKilledOneIsGone() throws IOException {
    adopt("first", 1);
    HostSettings settings = oven.settings(1, "");
    Path began = dir.resolve("began");
    Path end = dir.resolve("end");
    Path identity = oven.state.resolve("agents/0/agent.pid");
    Path log = oven.state.resolve("host.log");
    try (Guarded first = oven.process(settings)) {
      oven.await(1, "vm-ready=true");
      String build =
          oven.create(
              "touch %s; while [ ! -e %s ]; do sleep 0.1; done".formatted(began, end),
              Map.of("queue", "vm"));
      Oven.await(began);
      Identity before = Identity.read(identity).orElseThrow();
      first.kill();
      try (Guarded _ = oven.process(settings)) {
        String waiting = "waiting for the agent of an ended daemon";
        Object _ =
            Poll.until(
                waiting,
                Oven.LONG,
                () -> Optional.of(Files.readString(log)).filter(text -> text.contains(waiting)));
        assertThat(Identity.read(identity)).contains(before);
        assertThat(before.alive()).isPresent();
        Files.createFile(end);
        Identity after =
            Poll.until(
                "the next agent",
                Oven.LONG,
                () -> Identity.read(identity).filter(now -> !now.equals(before)));
        assertThat(before.alive()).isEmpty();
        assertThat(after.alive()).isPresent();
        assertThat(oven.ended(build).passed()).isTrue();
      }
    }
  }

  /// By the host's real part of a job, which then finds that the forced image is not there.
  @Test
  void aJobGetsTheImageItsStepAskedFor() throws IOException {
    oven.orders.force(true);
    oven.start(oven.real(oven.settings(1, ", other-images: {second: '', third: ''}")));
    oven.await(1, "vm-image=first", "vm-image=second", "vm-image=third");
    for (String image : List.of("third", "second")) {
      String build = oven.create("true", Map.of("queue", "vm", "vm-image", image));
      assertThat(oven.log(oven.ended(build))).contains("There is no image `" + image + "`");
    }
    String build = oven.create("true", Map.of("queue", "vm"));
    assertThat(oven.log(oven.ended(build))).contains("There is no image `first`");
  }

  /// Spoils a byte of a disk.
  ///
  /// @return what it was
  private static int flip(Path disk) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(100);
      int old = file.read();
      file.seek(100);
      file.write(~old);
      return old;
    }
  }

  private static boolean has(List<dev.bakehouse.buildkite.AgentInfo> agents, String tag) {
    return agents.size() == 1
        && agents.getFirst().metaData().stream().anyMatch(t -> t.startsWith(tag));
  }

  private void adopt(String name, int seed) throws IOException {
    Path vm = dir.resolve("vm-of-" + name);
    Directories.delete(vm);
    LocalImage _ = oven.store().adopt(name, DiskFixture.make(vm, seed), Map.of(), "test");
  }

  private static List<String> states(HostStatus status) {
    return status.agents().stream().map(HostStatus.Agent::state).sorted().toList();
  }

  private StatusFile file() throws IOException {
    return new StatusFile(oven.settings(1, ""));
  }

  private HostStatus status() throws IOException {
    return file().read().orElseThrow();
  }
}
