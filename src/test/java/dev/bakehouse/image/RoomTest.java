package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoomTest {
  private static final int MB = 1 << 20;

  @TempDir Path dir;
  private ImageStore store;

  @BeforeEach
  void make() throws IOException {
    store = new ImageStore(dir.resolve("images"));
    Files.createDirectories(store.root());
    Disks.adopt(store, dir, "oldest", MB, 9);
    Disks.adopt(store, dir, "old", MB, 8);
    Disks.adopt(store, dir, "new", MB, 1);
  }

  @Test
  void theLeastRecentlyUsedGoFirstAndNoMoreThanNeeded() {
    ImageStore limited = limited(4 * MB);
    limited.room().make(MB / 2, "pull x", dir.resolve("x")).close();
    assertThat(names()).containsExactly("new", "old", "oldest");
    limited.room().make(2 * MB - MB / 2, "pull x", dir.resolve("x")).close();
    assertThat(names()).containsExactly("new", "old");
  }

  @Test
  void whatIsPinnedLeasedInUseOrNeededStays() throws IOException {
    store.pin("oldest", true);
    Disks.adopt(store, dir, "stood-on", MB, 7);
    ImageStore limited =
        store.with(
            new StorePolicy(
                new StoreBudget(Optional.of(4L * MB + MB / 2), Optional.empty(), 0),
                () -> Set.of("stood-on"),
                List.of(Needed.named("new", "jobs run in it"))));
    try (ImageLease _ = store.lease("old", "push").orElseThrow()) {
      assertThatThrownBy(() -> limited.room().make(MB, "pull r:1", dir.resolve("x")))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("No room to pull r:1: it needs 1.0 MB")
          .hasMessageContaining("the images may take up 4.7 MB")
          .extracting(e -> ((UserError) e).remedy())
          .asString()
          .contains("Un-pin", "`oldest` would free 1.1 MB")
          .doesNotContain("`old`", "`new`");
      assertThat(names()).containsExactly("new", "old", "oldest", "stood-on");
    }
    limited.room().make(MB, "pull r:1", dir.resolve("x")).close();
    assertThat(names()).containsExactly("new", "oldest", "stood-on");
  }

  @Test
  void namesOfOneDiskGoTogetherOrNotAtAll() throws IOException {
    LocalImage _ = store.tag("oldest", "pinned-too");
    LocalImage _ = store.tag("old", "old-too");
    for (String name : List.of("old", "old-too")) {
      LocalImage _ = Disks.used(store, name, 8);
    }
    store.pin("pinned-too", true);
    limited(3 * MB).room().make(MB / 2, "pull x", dir.resolve("x")).close();
    assertThat(names())
        .as("oldest alone frees nothing")
        .containsExactly("new", "oldest", "pinned-too");
    assertThatThrownBy(() -> limited(MB).room().make(2 * MB, "pull x", dir.resolve("x")))
        .extracting(e -> ((UserError) e).remedy())
        .asString()
        .contains("`pinned-too` would free 1.1 MB");
    assertThat(names()).as("nothing goes in vain").containsExactly("new", "oldest", "pinned-too");
  }

  @Test
  void anImageIsCountedOnceHoweverManyNamesItHas() throws IOException {
    LocalImage _ = store.tag("new", "second");
    LocalImage _ = store.tag("new", "third");
    Usage usage = Usage.of(store.list());
    assertThat(usage.total()).isBetween(3L * MB, 3L * MB + MB / 4);
    assertThat(usage.of("second")).isGreaterThanOrEqualTo(MB);
    assertThat(usage.freed(List.of("second"))).isLessThan(MB / 4);
    assertThat(usage.freed(List.of("new", "second"))).isLessThan(MB / 4);
    assertThat(usage.freed(List.of("new", "second", "third"))).isGreaterThanOrEqualTo(MB);
  }

  @Test
  void aVmsOwnLinkToADiskKeepsItsBlocks() throws IOException {
    Files.createLink(dir.resolve("vm-disk"), store.get("oldest").disk());
    assertThat(Usage.of(store.list()).freed(List.of("oldest"))).isLessThan(MB / 4);
    limited(3 * MB).room().make(MB / 2, "pull x", dir.resolve("x")).close();
    assertThat(names()).containsExactly("new", "oldest");
  }

  @Test
  void whatIsPromisedToOneIsNotGivenToAnother() throws IOException {
    ImageStore limited = limited(5 * MB);
    store.pin("new", true);
    store.pin("old", true);
    store.pin("oldest", true);
    Path into = Files.createDirectories(dir.resolve("into"));
    try (Room.Reserved _ = limited.room().make(MB, "pull a", into)) {
      assertThatThrownBy(() -> limited.room().make(MB, "pull b", dir.resolve("b")))
          .hasMessageContaining("No room to pull b");
    }
    limited.room().make(MB, "pull b", dir.resolve("b")).close();
  }

  @Test
  void leavingsOfDeadTransfersGoAndThoseOfLivingOnesStay() throws IOException {
    Path dead = write(store.work("dead.partial"));
    Path killed = write(store.work(".pull-abc"));
    Path staged = write(store.work("upload").resolve("push-1"));
    Path pushing = write(store.work("upload").resolve("push-2"));
    Path living = write(store.work("living.partial"));
    Prune all = new Prune(Optional.of(Duration.ofDays(100)), Optional.empty());
    try (var _ = store.lock("living", () -> {});
        var _ = ExclusiveLock.on(pushing.resolveSibling("push-2.lock"))) {
      Prune.Result result = all.run(store);
      assertThat(result.leavings()).containsExactlyInAnyOrder(dead, killed, staged);
      assertThat(result.freed()).isGreaterThanOrEqualTo(2 * MB);
      assertThat(living).exists();
      assertThat(pushing).exists();
    }
    assertThat(dead).doesNotExist();
    assertThat(killed).doesNotExist();
    assertThat(names()).hasSize(3);
  }

  @Test
  void aBudgetOfNothingLeavesWhatMustStay() {
    store.pin("old", true);
    Prune.Result result = new Prune(Optional.empty(), Optional.of(0L)).run(store);
    assertThat(result.images()).containsExactly("oldest", "new");
    assertThat(result.kept()).containsExactly(java.util.Map.entry("old", "pinned"));
    assertThat(names()).containsExactly("old");
  }

  private ImageStore limited(long bytes) {
    StoreBudget budget = new StoreBudget(Optional.of(bytes), Optional.empty(), 0);
    return store.with(new StorePolicy(budget, InUse.NOTHING, List.of()));
  }

  private static Path write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve("disk.img"), new byte[MB]);
    return directory;
  }

  private Set<String> names() {
    Set<String> all = new TreeSet<>();
    store.list().forEach(image -> all.add(image.name()));
    return all;
  }
}
