package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.volume.GuestDisk;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Generations on their way to the store: what can be saved is, what never can be is given up.
class CachePublisherTest {
  private static final String PLATFORM = "linux-x64-release";
  private static final Scope MAIN = new Scope("p", new Scope.Branch("main"), PLATFORM);
  private static final int FILES = 300;

  @TempDir Path dir;
  private HostSettings settings;
  private Volumes volumes;
  private Publications publications;
  private CacheStore store;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void make() throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {state: '%s'}\ncache: {store: 'dir:%s'}\n"
            .formatted(dir.resolve("host"), dir.resolve("store")));
    settings = HostSettings.read(config);
    volumes = new Volumes(settings.state());
    publications = new Publications(volumes);
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
  }

  @Test
  void whatIsThereIsSavedAndNotedWithWhatIsNot() throws Exception {
    keep(MAIN, "b1", content("bun/entry", "one"), false);
    assertThat(publish()).isTrue();
    assertThat(publications.waiting()).isEmpty();
    Entry entry = newest(MAIN);
    assertThat(entry.address().build()).isEqualTo("b1");
    assertThat(volumes.list().getFirst().published())
        .isEqualTo(Map.of("bun", entry.snapshot(), "ccache", ""));
  }

  /// Whoever may start builds may name a branch like a pull request's scope.
  @Test
  void aBranchThatLooksLikeAPullRequestIsNone() throws Exception {
    Scope branch = new Scope("p", new Scope.Branch("pull:7"), PLATFORM);
    Scope pull = new Scope("p", new Scope.Pull(7), PLATFORM);
    keep(branch, "b1", content("bun/entry", "one"), false);
    assertThat(publish()).as(said.toString()).isTrue();
    assertThat(volumes.list().getFirst().published().get("bun")).isNotEmpty();
    assertThat(store.entries(pull, Kind.BUN)).isEmpty();
    PublishOrder order =
        PublishOrder.read(
            PublishOrder.of(
                    pull,
                    "b",
                    Map.of(Kind.BUN, new Basis(Optional.empty(), 1, List.of(branch, pull), true)))
                .json());
    assertThat(order.scope()).isEqualTo(pull);
    assertThat(order.basis(Kind.BUN).scopes()).containsExactly(branch, pull);
  }

  @Test
  void aDiskThatCanNotBeReadIsGivenUpAtOnceAndItsVolumeToo() throws Exception {
    keep(MAIN, "b1", content("bun/entry", "one"), false);
    Path files = publications.root().resolve(publications.waiting().getFirst().id());
    for (String name : Trees.names(files)) {
      if (name.endsWith(".img")) {
        Files.write(files.resolve(name), new byte[1 << 20]);
      }
    }
    assertThat(publish()).isTrue();
    assertThat(said).singleElement().asString().contains("given up").contains("no ext4");
    assertThat(publications.waiting()).isEmpty();
    assertThat(volumes.list()).isEmpty();
  }

  @Test
  void whatAStoreCanNotTakeNowWaits() throws Exception {
    keep(MAIN, "b1", content("bun/entry", "one"), false);
    Files.writeString(dir.resolve("store"), "no directory");
    assertThat(publish()).isFalse();
    assertThat(said).singleElement().asString().contains("tried again");
    assertThat(publications.waiting()).hasSize(1);
    Files.delete(dir.resolve("store"));
    assertThat(publish()).isTrue();
    assertThat(newest(MAIN).files()).isEqualTo(1);
  }

  @Test
  void aCacheThatShrankIsRefusedForGoodAndTheOtherIsSaved() throws Exception {
    keep(MAIN, "b1", content("bun/entry", "one".repeat(10_000)), false);
    publish();
    Path small = content("bun/entry", "one");
    Files.createDirectories(small.resolve("ccache/0/1"));
    Files.writeString(small.resolve("ccache/0/1/entryR"), "result");
    keep(MAIN, "b2", small, false);
    assertThat(publish()).isTrue();
    assertThat(said).anyMatch(line -> line.contains("bun is not saved: ") && line.contains("half"));
    assertThat(publications.waiting()).isEmpty();
    assertThat(newest(MAIN).address().build()).isEqualTo("b1");
    assertThat(volumes.list().getFirst().published()).containsOnlyKeys("ccache");
    keep(MAIN, "b3", small, true);
    publish();
    assertThat(newest(MAIN).address().build()).isEqualTo("b3");
  }

  /// A point at which the publisher is killed.
  private interface Point {
    boolean reached() throws IOException;
  }

  @Test
  void killedAnywhereItLeavesTheStoreWholeAndTheNextGoesOn() throws Exception {
    keep(MAIN, "b0", content("bun/f0", "first"), false);
    publish();
    List<Integer> survived = new ArrayList<>();
    for (int round = 1; round <= 5; round++) {
      Path content = content("bun/f0", "first");
      for (int file = 0; file < FILES; file++) {
        Files.writeString(content.resolve("bun/g" + file), (round + " " + file + " ").repeat(500));
      }
      String build = "b" + round;
      keep(MAIN, build, content, false);
      Publications.Waiting waiting = publications.waiting().getLast();
      Path home = publications.root().resolve(waiting.id());
      long blobs = blobs();
      List<Point> points =
          List.of(
              () -> Files.exists(home.resolve(".lock")),
              () -> blobs() > blobs,
              () -> blobs() > blobs + 2,
              () -> newest(MAIN).address().build().equals(build),
              () -> !Files.exists(home));
      kill(waiting, points.get(round - 1));
      if (Files.exists(home)) {
        survived.add(round);
      }
      insistWhole(newest(MAIN));
      assertThat(volumes.list().getFirst().generation()).isEqualTo(round + 1);
      assertThat(publish()).as(said.toString()).isTrue();
      assertThat(newest(MAIN).address().build()).isEqualTo("b" + round);
      insistWhole(newest(MAIN));
    }
    assertThat(survived).as("kills that came before the end").isNotEmpty();
    new VolumeSpace(volumes).sweep();
    assertThat(Trees.names(publications.root())).isEmpty();
    Volume volume = volumes.list().getFirst();
    assertThat(Trees.names(settings.state().resolve("volumes").resolve(volume.name())))
        .hasSize(3)
        .contains("volume.json", "used");
  }

  private void kill(Publications.Waiting waiting, Point point) throws Exception {
    Process process =
        Jvm.of(
                dev.bakehouse.cli.Main.class,
                "cache",
                "volumes",
                "publish",
                waiting.id(),
                "--config",
                settings.file().toString())
            .startInto(dir.resolve("publisher.log"));
    while (process.isAlive() && !point.reached()) {
      Thread.onSpinWait();
    }
    process.destroyForcibly().waitFor();
  }

  private long blobs() throws IOException {
    if (!Files.exists(dir.resolve("store"))) {
      return 0;
    }
    return Command.of("find", dir.resolve("store").toString(), "-type", "f")
        .run()
        .text()
        .lines()
        .count();
  }

  /// All of one round, or the first.
  private void insistWhole(Entry entry) throws IOException {
    Path target = dir.resolve("restored");
    Directories.delete(target);
    Opened.Whole whole = (Opened.Whole) store.open(entry);
    assertThat(whole.restore(target).lost()).isEmpty();
    assertThat(target.resolve("f0")).hasContent("first");
    String round = entry.address().build().substring(1);
    for (int file = 0; file < FILES && !round.equals("0"); file++) {
      assertThat(target.resolve("g" + file)).hasContent((round + " " + file + " ").repeat(500));
    }
  }

  private boolean publish() throws IOException {
    CachePublisher publisher = new CachePublisher(settings, said::add);
    boolean done = true;
    for (Publications.Waiting waiting : publications.waiting()) {
      done &= publisher.publish(waiting);
    }
    return done;
  }

  private Entry newest(Scope scope) {
    return store.entries(scope, Kind.BUN).findFirst().orElseThrow();
  }

  private Path content(String file, String text) throws IOException {
    Path content = Files.createTempDirectory(dir, "content");
    Path path = content.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
    return content;
  }

  private void keep(Scope scope, String build, Path content, boolean mayShrink) throws IOException {
    VolumeKey key = new VolumeKey(scope.key(), "step", List.of("bun", "ccache"));
    Basis basis = new Basis(Optional.empty(), Node.UNKNOWN, List.of(scope), mayShrink);
    GuestDisk.keep(
        volumes,
        key,
        content,
        build,
        PublishOrder.of(scope, build, Map.of(Kind.BUN, basis)).json());
  }
}
