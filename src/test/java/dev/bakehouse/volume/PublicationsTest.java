package dev.bakehouse.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.StringNode;

/// What waits to be saved, what it takes up, and what is left of it.
class PublicationsTest {
  private static final VolumeKey MAIN = key("branch/main");
  private static final VolumeKey PULL = key("pull/7");
  private static final int SIZE = 1 << 20;

  @TempDir Path dir;
  private Volumes volumes;
  private Publications publications;

  @BeforeEach
  void make() {
    volumes = new Volumes(dir);
    publications = new Publications(volumes);
  }

  @Test
  void anIdThatIsNoneDeletesNothing() throws Exception {
    keep(MAIN, List.of());
    Path precious = Files.writeString(dir.resolve("precious"), "years of work");
    for (String id :
        List.of(precious.toString(), "../../precious", "", ".", UUID.randomUUID().toString())) {
      assertThatThrownBy(() -> publications.find(id))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("under the id " + id);
    }
    assertThat(precious).exists();
    assertThat(publications.waiting()).hasSize(1);
    assertThat(volumes.list()).hasSize(1);
  }

  @Test
  void oneThatCanNotBeReadIsNoReasonToForgetItOrTheOthers() throws Exception {
    keep(MAIN, List.of());
    keep(PULL, List.of());
    Publications.Waiting first = publications.waiting().getFirst();
    Files.writeString(publications.files(first.id()).resolve("publication.json"), "{");
    assertThat(publications.waiting()).hasSize(2);
    try (Publications.Work work = publications.take(first).orElseThrow()) {
      assertThatThrownBy(work::publication).isInstanceOf(Unreadable.class);
    }
    assertThat(publications.waiting()).hasSize(2);
    try (Publications.Work work = publications.take(first).orElseThrow()) {
      work.dropWithVolume();
    }
    assertThat(publications.take(first)).isEmpty();
    assertThat(publications.waiting()).hasSize(1);
    assertThat(volumes.list()).hasSize(2);
  }

  @Test
  void aDiskThatCanNotBeReadTakesItsVolumeAlongUnlessThatHasAnother() throws Exception {
    keep(MAIN, List.of());
    Publications.Waiting old = publications.waiting().getFirst();
    keep(MAIN, List.of());
    Publications.Waiting newest =
        publications.waiting().stream().filter(w -> !w.equals(old)).findFirst().orElseThrow();
    for (Publications.Waiting waiting : List.of(old, newest)) {
      assertThat(volumes.list()).hasSize(1);
      try (Publications.Work work = publications.take(waiting).orElseThrow()) {
        assertThatThrownBy(work::open).isInstanceOf(Unreadable.class);
        work.dropWithVolume();
      }
    }
    assertThat(volumes.list()).isEmpty();
  }

  @Test
  void whatIsOfAnotherVersionOrCanNotBeReadIsNotSweptAway() throws Exception {
    keep(MAIN, List.of());
    keep(PULL, List.of());
    Path other = volumes.root().resolve(MAIN.name()).resolve(VolumeFile.NAME);
    Files.writeString(other, Files.readString(other).replace("\"version\":1", "\"version\":2"));
    Path damaged = volumes.root().resolve(PULL.name()).resolve(VolumeFile.NAME);
    Files.writeString(damaged, "no JSON");
    Path nothing = Files.createDirectory(volumes.root().resolve("left"));
    List<String> before = Trees.names(other.getParent());
    new VolumeSpace(volumes).sweep();
    assertThat(nothing).doesNotExist();
    assertThat(Trees.names(other.getParent())).isEqualTo(before);
    assertThat(damaged).exists();
    assertThat(volumes.newest(List.of(PULL, MAIN))).isEmpty();
    keep(PULL, List.of());
    assertThat(volumes.newest(List.of(PULL, MAIN))).isPresent();
  }

  @Test
  void aFileThatVolumesShareCountsOnce() throws Exception {
    List<String> base = keep(MAIN, List.of());
    for (int pull = 1; pull <= 3; pull++) {
      keep(key("pull/" + pull), base);
    }
    VolumeSpace space = new VolumeSpace(volumes, () -> 1L << 40);
    // The one they share, and one of each.
    assertThat(space.prune(4L * SIZE)).isEmpty();
    assertThat(space.prune(3L * SIZE)).extracting(Volume::key).containsExactly(key("pull/1"));
    assertThat(space.prune(0)).hasSize(3);
  }

  @Test
  void aDiskThatFillsUpIsReasonEnough() throws Exception {
    for (VolumeKey key : List.of(MAIN, PULL)) {
      keep(key, List.of());
    }
    long[] free = {VolumeSpace.LEAST};
    VolumeSpace space = new VolumeSpace(volumes, () -> free[0]);
    assertThat(space.prune(1L << 40)).isEmpty();
    free[0]--;
    assertThat(space.prune(1L << 40)).hasSize(1);
  }

  @Test
  void whatWaitsHasABudgetOfItsOwnAndTheOldestGoesFirst() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int n = 0; n < 4; n++) {
      keep(MAIN, List.of());
      ids.add(
          publications.waiting().stream()
              .map(Publications.Waiting::id)
              .filter(id -> !ids.contains(id))
              .findFirst()
              .orElseThrow());
      Files.setLastModifiedTime(
          publications.files(ids.getLast()).resolve("publication.json"),
          java.nio.file.attribute.FileTime.fromMillis(1000L * n));
    }
    VolumeSpace space = new VolumeSpace(volumes);
    // The volume has what the newest has.
    assertThat(space.pruneWaiting(3L * SIZE)).isEmpty();
    assertThat(space.pruneWaiting(SIZE)).isEqualTo(ids.subList(0, 2));
    assertThat(publications.waiting())
        .extracting(Publications.Waiting::id)
        .isEqualTo(ids.subList(2, 4));
    try (Publications.Work _ = publications.take(publications.waiting().getFirst()).orElseThrow()) {
      assertThat(space.pruneWaiting(0)).isEmpty();
    }
  }

  @Test
  void theSweepTakesWhatAKilledPublisherLeftAndWaitsForNobody() throws Exception {
    keep(MAIN, List.of());
    Path root = publications.root();
    Publications.Waiting waiting = publications.waiting().getFirst();
    Files.move(root.resolve(waiting.id()), root.resolve(".gone-" + waiting.id()));
    Files.createDirectory(root.resolve(UUID.randomUUID().toString()));
    VolumeSpace space = new VolumeSpace(volumes);
    try (ExclusiveLock _ = volumes.lock()) {
      CompletableFuture.runAsync(space::sweep).get(1, TimeUnit.MINUTES);
      assertThat(Trees.names(root)).hasSize(2);
    }
    space.sweep();
    assertThat(Trees.names(root)).isEmpty();
    assertThat(volumes.list()).hasSize(1);
  }

  @Test
  void aDiscardedVolumeStaysWhenItHasAnotherGeneration() throws Exception {
    keep(MAIN, List.of());
    Volume first = volumes.list().getFirst();
    keep(MAIN, List.of());
    volumes.discard(first);
    assertThat(volumes.list()).hasSize(1);
    volumes.discard(volumes.list().getFirst());
    assertThat(volumes.list()).isEmpty();
    assertThat(volumes.root().resolve(MAIN.name())).doesNotExist();
  }

  @Test
  void notesWhatTheStoreHasOfAGeneration() throws Exception {
    keep(MAIN, List.of());
    try (Publications.Work work =
        publications.take(publications.waiting().getFirst()).orElseThrow()) {
      work.done(Map.of("zig", "root"));
    }
    assertThat(volumes.list().getFirst().published()).isEqualTo(Map.of("zig", "root"));
    assertThat(Trees.names(publications.root())).isEmpty();
  }

  /// @return its files: those below, and one of a megabyte
  private List<String> keep(VolumeKey key, List<String> below) throws IOException {
    Path draft = Trees.make(Trees.make(volumes.root()).resolve(VmHome.mine("new")));
    List<String> layers = new ArrayList<>(below);
    for (String layer : below) {
      Files.createLink(draft.resolve(layer), volumes.root().resolve(MAIN.name()).resolve(layer));
    }
    layers.add(UUID.randomUUID() + ".img");
    byte[] bytes = new byte[SIZE];
    java.util.Arrays.fill(bytes, (byte) 1);
    Files.write(draft.resolve(layers.getLast()), bytes);
    try (Taken taken = new Taken(volumes, draft, layers)) {
      taken.keep(key, "build", below.isEmpty() ? StringNode.valueOf("x") : NullNode.getInstance());
    }
    return layers;
  }

  private static VolumeKey key(String ref) {
    return new VolumeKey("p/" + ref + "/linux", "step", List.of("zig"));
  }
}
