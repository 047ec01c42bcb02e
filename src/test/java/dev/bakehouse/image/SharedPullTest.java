package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.oci.MeteredProxy;
import dev.bakehouse.oci.NoisyDisk;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.SmallSlices;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Tag("registry")
class SharedPullTest {
  @TempDir Path temp;
  private Path state;
  private Fixture host;

  @BeforeEach
  void host() throws Exception {
    state = Files.createDirectories(temp.resolve("state"));
    host = new Fixture(state);
  }

  @Test
  void fourProcessesThatWantOneImageShareOneTransfer() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      SmallSlices image = push(registry, "v1", 1);
      String reference = proxy.host() + "/o/r/vm:v1";
      List<Process> all = new ArrayList<>();
      for (String name : List.of("i", "i", "j", "k")) {
        Child child = new Child(state);
        all.add(
            child
                .command("pull", reference, "--name", name)
                .startInto(temp.resolve(name + all.size() + ".log")));
      }
      for (Process process : all) {
        assertThat(process.waitFor()).isZero();
      }
      for (String name : List.of("i", "j", "k")) {
        byte[] disk = Files.readAllBytes(host.store.get(name).disk());
        assertThat(Arrays.mismatch(disk, image.disk())).isEqualTo(-1);
      }
      assertThat(Files.isSameFile(host.store.get("i").disk(), host.store.get("k").disk())).isTrue();
      image
          .manifest()
          .layers()
          .forEach(
              layer ->
                  assertThat(proxy.requests("GET /v2/o/r/vm/blobs/" + layer.digest()))
                      .isEqualTo(1));
      assertThat(proxy.requests("GET /v2/o/r/vm/manifests/")).isEqualTo(1);
    }
  }

  @Test
  void fourEnsuresOfOneImageShareOneTransfer() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      SmallSlices image = push(registry, "v1", 1);
      List<Process> all = new ArrayList<>();
      for (String name : List.of("i", "i", "j", "k")) {
        String yaml = "host: {image: %s, image-source: '%s/o/r/vm:v1'}";
        Path config = temp.resolve("config-" + all.size() + ".yml");
        Files.writeString(config, yaml.formatted(name, proxy.host()));
        all.add(
            new Child(state)
                .command("ensure", "--config", config.toString())
                .in(state)
                .startInto(temp.resolve("ensure-" + all.size() + ".log")));
      }
      for (int n = 0; n < all.size(); n++) {
        int status = all.get(n).waitFor();
        String log = Files.readString(temp.resolve("ensure-" + n + ".log"));
        assertThat(status).as(log).isZero();
        assertThat(log).contains("ready: " + "iijk".charAt(n));
      }
      for (String name : List.of("i", "j", "k")) {
        byte[] disk = Files.readAllBytes(host.store.get(name).disk());
        assertThat(Arrays.mismatch(disk, image.disk())).isEqualTo(-1);
      }
      assertThat(Files.isSameFile(host.store.get("i").disk(), host.store.get("k").disk())).isTrue();
      for (var layer : image.manifest().layers()) {
        assertThat(proxy.requests("GET /v2/o/r/vm/blobs/" + layer.digest())).isEqualTo(1);
      }
    }
  }

  @Test
  void whatAnotherRepositoryOfTheRegistryHasIsMountedNotUploaded() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      Path vm = NoisyDisk.make(temp.resolve("vm"), 2, 3_000_000, 5);
      host.store.adopt("built", vm, Map.of(), "build");
      host.transfer.push("built", Reference.parse(proxy.host() + "/o/r/vm:1"), List.of("1"));
      Reference second = Reference.parse(proxy.host() + "/other/place:1");
      long before = proxy.up();
      host.transfer.push("built", second, List.of("1"));
      assertThat(proxy.up() - before).isLessThan(60_000);
      assertThat(proxy.requests("mount=sha256:")).isGreaterThanOrEqualTo(2);
      LocalImage back = new Fixture(temp.resolve("other")).transfer.pull(second, "back", false);
      assertThat(Verify.of(back).ok()).isTrue();
      assertThat(back.content()).isEqualTo(host.store.get("built").content());
    }
  }

  @Test
  void aPullThatHangsHoldsUpNoOther() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      SmallSlices hanging = push(registry, "v1", 1);
      push(registry, "v2", 2);
      Reference reference = Reference.parse(registry.host() + "/o/r/vm:v1");
      Path lock = host.store.work().resolve(".pull-" + hanging.manifest().digest().hex() + ".lock");
      CompletableFuture<LocalImage> waiting;
      try (ExclusiveLock _ = ExclusiveLock.on(lock)) {
        waiting =
            CompletableFuture.supplyAsync(
                () -> host.transfer.pull(reference, "i", false), Threads::start);
        Poll.until(
            "the pull to wait",
            Duration.ofSeconds(30),
            () ->
                host.said().contains("another process pulls")
                    ? Optional.of(true)
                    : Optional.empty());
        assertThat(host.transfer.pull(reference.with("v2"), "other", false).name())
            .isEqualTo("other");
        assertThat(waiting).isNotDone();
      }
      assertThat(waiting.join().name()).isEqualTo("i");
    }
  }

  @Test
  void aTransferThatStallsHoldsUpNoTransferOfAnotherImage() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        FaultyRegistry faulty = FaultyRegistry.before(registry.host())) {
      SmallSlices stalling = push(registry, "v1", 1);
      SmallSlices other = push(registry, "v2", 2);
      stalling
          .manifest()
          .layers()
          .forEach(l -> faulty.on("GET", "/blobs/" + l.digest(), new Fault.Stall(l.size() / 2)));
      Process first =
          new Child(state)
              .command("pull", faulty.host() + "/o/r/vm:v1", "--name", "i")
              .startInto(temp.resolve("first.log"));
      Poll.until(
          "the transfer to stall",
          Duration.ofSeconds(60),
          () -> faulty.stalled() > 0 ? Optional.of(true) : Optional.empty());
      LocalImage image =
          host.transfer.pull(Reference.parse(faulty.host() + "/o/r/vm:v2"), "j", false);
      assertThat(Arrays.mismatch(Files.readAllBytes(image.disk()), other.disk())).isEqualTo(-1);
      assertThat(first.isAlive()).isTrue();
      Poll.until(
          "the stalled transfer to go on",
          Duration.ofSeconds(60),
          () -> {
            faulty.cut();
            return first.isAlive() ? Optional.empty() : Optional.of(true);
          });
      assertThat(first.exitValue()).as(Files.readString(temp.resolve("first.log"))).isZero();
      byte[] disk = Files.readAllBytes(host.store.get("i").disk());
      assertThat(Arrays.mismatch(disk, stalling.disk())).isEqualTo(-1);
    }
  }

  @Test
  void anotherTagOfTheSameDiskMovesKilobytes() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      Fixture origin = new Fixture(temp.resolve("origin"));
      Path vm = NoisyDisk.make(temp.resolve("vm"), 2, 3_000_000, 5);
      origin.store.adopt("vm-1", vm, Map.of("version", "1"), "test");
      Reference first = Reference.parse(proxy.host() + "/o/r/vm:1");
      origin.transfer.push("vm-1", first, List.of("1"));
      host.transfer.pull(first, "vm-1", false);

      origin.store.tag("vm-1", "vm-2");
      long before = proxy.moved();
      origin.transfer.push("vm-2", first.with("2"), List.of("2"));
      long pushed = proxy.moved() - before;
      LocalImage second = host.transfer.pull(first.with("2"), "vm-2", false);
      assertThat(pushed).isLessThan(50_000);
      assertThat(proxy.moved() - before - pushed).isLessThan(50_000);
      assertThat(Files.isSameFile(second.disk(), host.store.get("vm-1").disk())).isTrue();
      assertThat(Verify.of(second).ok()).isTrue();
    }
  }

  @Test
  void eventsTellHowFarItIsAndTheLastHasTheResult() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      SmallSlices image = push(registry, "v1", 1);
      Command pull =
          new Child(state).command("pull", registry.host() + "/o/r/vm:v1", "--name", "i", "--json");
      List<JsonNode> lines =
          pull.check().text().lines().map(line -> new JsonMapper().readTree(line)).toList();
      JsonNode progress = lines.get(lines.size() - 2);
      assertThat(progress.path("event").asString()).isEqualTo("progress");
      assertThat(progress.path("what").asString()).isEqualTo("pull i");
      assertThat(progress.path("done").asLong()).isEqualTo(progress.path("total").asLong());
      assertThat(progress.path("moved").asLong()).isGreaterThan(image.transferSize() - 1);
      assertThat(progress.path("reused").asLong()).isZero();
      assertThat(progress.has("rate") && progress.has("left")).isTrue();
      JsonNode done = lines.getLast();
      assertThat(done.path("event").asString()).isEqualTo("done");
      assertThat(done.path("name").asString()).isEqualTo("i");
      assertThat(done.path("digest").asString()).isEqualTo(image.manifest().digest().toString());
    }
  }

  private SmallSlices push(DockerRegistry registry, String tag, long seed) throws Exception {
    Reference there = Reference.parse(registry.host() + "/o/r/vm:" + tag);
    return SmallSlices.push(host.repositories.open(there), temp, 12, seed, tag);
  }
}
