package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `image prune` in a process of its own that is killed when so many images are gone.
class KilledPruneTest {
  private static final int IMAGES = 24;

  @TempDir Path dir;

  @Test
  void whatIsLeftIsWholeAndTheNextOneEndsWhatWasBegun() throws Exception {
    Path state = Files.createDirectories(dir.resolve("state"));
    ImageStore store = new Fixture(state).store;
    int halfWay = 0;
    for (int gone : List.of(0, 1, 7, IMAGES / 2, IMAGES - 2)) {
      LocalImage pinned = fill(store);
      Process child = prune(state);
      while (child.isAlive() && !killed(child, store, IMAGES - gone)) {
        Thread.onSpinWait();
      }
      long left = left(store);
      halfWay += left > 1 && left < IMAGES ? 1 : 0;
      for (LocalImage image : store.list()) {
        assertThat(Verify.of(image).wrong()).as(image.name()).isEmpty();
      }
      assertThat(store.foreign()).isEmpty();
      assertThat(prune(state).waitFor()).as(Files.readString(new Child(state).log())).isZero();
      assertThat(store.list()).extracting(LocalImage::name).containsExactly("pinned");
      assertThat(Verify.of(pinned).ok()).isTrue();
      assertThat(new Leavings(store).dead()).isEmpty();
    }
    assertThat(halfWay).as("killed while it deleted").isPositive();
  }

  /// One that is pinned, the others in pairs that share a disk.
  private LocalImage fill(ImageStore store) throws IOException {
    for (int i = 0; i < (IMAGES - 2) / 2; i++) {
      LocalImage _ = Disks.adopt(store, dir, "a" + i, 1 << 16, 9);
      LocalImage _ = store.tag("a" + i, "b" + i);
      LocalImage _ = Disks.used(store, "a" + i, 9);
      LocalImage _ = Disks.used(store, "b" + i, 9);
    }
    LocalImage _ = Disks.adopt(store, dir, "single", 1 << 16, 9);
    LocalImage pinned = Disks.adopt(store, dir, "pinned", 1 << 16, 9);
    store.pin("pinned", true);
    return pinned;
  }

  /// Kills it when no more than so many are left. It deletes nothing meanwhile, as each image goes
  /// with the store's gate shut: a fast machine would be done with all of them between two looks.
  private static boolean killed(Process child, ImageStore store, int left) {
    return store.gated(
        "kill it half-way",
        () -> {
          if (left(store) > left) {
            return false;
          }
          child.destroyForcibly().onExit().join();
          return true;
        });
  }

  private static Process prune(Path state) {
    return new Child(state).start("prune", "--older-than", "1");
  }

  private static long left(ImageStore store) throws IOException {
    try (var all = Files.list(store.root())) {
      return all.filter(path -> !path.getFileName().toString().startsWith(".")).count();
    }
  }
}
