package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that changes a store is killed at random moments, again and again: nobody ever sees an
/// image missing that was to be replaced, all images are whole, and the next command works.
class StoreKillTest {
  private static final int ROUNDS = 20;
  private static final int LONGEST_MS = 250;

  /// A budget takes what frees more than the few blocks of its images' records.
  private static final int DISK = 1 << 19;

  @TempDir Path dir;
  private ImageStore store;

  @BeforeEach
  void make() throws IOException {
    store = new ImageStore(dir.resolve("images"));
    Disks.adopt(store, dir, "steady", DISK, 0);
  }

  @Test
  void whatIsKilledAtAnyMomentLeavesAStoreThatVerifies() throws Exception {
    AtomicLong looks = new AtomicLong();
    AtomicLong missing = new AtomicLong();
    Path record = store.root().resolve("steady/image.json");
    boolean[] stop = {false};
    Thread watcher =
        Threads.start(
            () -> {
              while (!stop[0]) {
                looks.incrementAndGet();
                if (!Files.exists(record)) {
                  missing.incrementAndGet();
                }
              }
            });
    Random random = new Random(4);
    for (int round = 0; round < ROUNDS; round++) {
      Path log = dir.resolve("child-" + round + ".log");
      Process child = Jvm.of(Changer.class, dir.toString(), "" + round).startInto(log);
      Poll.until(
          "the child to begin",
          Duration.ofSeconds(60),
          () -> Optional.of(log).filter(file -> child.isAlive() && size(file) > 0));
      boolean ended = child.waitFor(random.nextInt(LONGEST_MS), TimeUnit.MILLISECONDS);
      assertThat(ended).as("the child failed: " + Files.readString(log)).isFalse();
      child.destroyForcibly().onExit().join();
      verifies("round " + round);
    }
    stop[0] = true;
    watcher.join();
    assertThat(looks).hasPositiveValue();
    assertThat(missing).as("looks that saw no image, of " + looks).hasValue(0);
    // A child may have been killed while an image of its own was pinned.
    store.list().forEach(image -> store.pin(image.name(), false));
    Prune.Result result = new Prune(Optional.empty(), Optional.of(0L)).run(store);
    assertThat(result.kept()).isEmpty();
    assertThat(store.list()).isEmpty();
    assertThat(new Leavings(store).dead()).isEmpty();
    try (var left = Files.list(store.work())) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .allMatch(name -> name.matches(".+\\.lock|leases|room|history\\.jsonl"));
    }
  }

  @Test
  void aReplacementThatWasKilledHalfWayIsEnded() throws IOException {
    Path place = store.root().resolve("steady");
    Trees.rename(place, store.old("steady"));
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("steady");
    Trees.rename(place, store.old("steady"));
    assertThat(store.find("steady")).isPresent();
    Trees.rename(place, store.old("steady"));
    Disks.adopt(store, dir, "steady", DISK, 0);
    assertThat(store.old("steady")).doesNotExist();
    assertThat(store.list()).hasSize(1);
  }

  private void verifies(String when) throws IOException {
    assertThat(store.find("steady")).as(when).isPresent();
    for (LocalImage image : store.list()) {
      assertThat(Verify.of(image).wrong()).as(when + ": " + image.name()).isEmpty();
    }
    assertThat(store.foreign()).as(when).isEmpty();
    assertThat(store.leased()).as(when).isEmpty();
    for (History.Event event : store.history().read()) {
      assertThat(event.image()).isNotEmpty();
    }
    Disks.adopt(store, dir, "steady", DISK, 0);
    LocalImage _ = store.tag("steady", "after");
    store.pin("after", true);
    store.pin("after", false);
    store.delete("after");
  }

  private static long size(Path file) {
    return file.toFile().length();
  }

  /// Changes the store until it is killed.
  static final class Changer {
    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      Fixture host = new Fixture(dir);
      ImageStore store = host.store;
      ImageStore ruled =
          store.with(
              new StorePolicy(
                  StoreBudget.NONE, InUse.NOTHING, List.of(Needed.named("steady", "wanted"))));
      Random random = new Random(Long.parseLong(args[1]));
      Reference layout = Reference.parse("oci:" + dir.resolve("layout") + ":v1");
      System.out.println("ready");
      while (true) {
        String name = "t" + random.nextInt(3);
        try {
          switch (random.nextInt(7)) {
            case 0, 1 -> Disks.adopt(store, dir, "steady", DISK, 0);
            case 2 -> store.tag("steady", name);
            case 3 -> store.delete(name);
            case 4 -> store.pin(name, random.nextBoolean());
            case 5 -> new Prune(Optional.empty(), Optional.of(0L)).run(ruled);
            default -> host.transfer.push("steady", layout, List.of("v" + random.nextInt(3)));
          }
        } catch (UserError e) {
          String said = String.valueOf(e.getMessage());
          if (!said.contains("There is no image") && !said.contains("is pinned")) {
            throw e;
          }
        }
      }
    }
  }
}
