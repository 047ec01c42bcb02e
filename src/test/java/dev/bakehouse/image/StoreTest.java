package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreTest {
  @TempDir static Path shared;
  private static Reference layout;
  private static Digest digest;

  private Path state;
  private Fixture host;

  @BeforeAll
  static void pushOnce() throws IOException {
    Fixture origin = new Fixture(shared.resolve("origin"));
    Path vm = DiskFixture.make(shared.resolve("vm"), 7);
    origin.store.adopt("vm", vm, Map.of("a", "b"), "test");
    layout = Reference.parse("oci:" + shared.resolve("layout") + ":v1");
    digest = origin.transfer.push("vm", layout, List.of("v1"));
    assertThat(origin.store.get("vm").record().digest()).isEqualTo(digest.toString());
  }

  @BeforeEach
  void ownHost() throws IOException {
    state = Files.createTempDirectory(shared, "host");
    host = new Fixture(state);
  }

  @Test
  void whatWasPulledIsWholeAndKnowsItsOrigin() {
    LocalImage image = host.transfer.pull(layout, "i", false);
    assertThat(image.record().digest()).isEqualTo(digest.toString());
    assertThat(image.record().labels()).containsEntry("a", "b");
    assertThat(image.content())
        .isEqualTo(new Fixture(shared.resolve("origin")).store.get("vm").content());
    assertThat(Verify.of(image).ok()).isTrue();
    assertThat(image.bytes()).isLessThan(20 << 20);
    assertThat(host.transfer.pull(layout, "i", false)).isEqualTo(image);
    assertThat(host.said()).contains("is already here");
    assertThat(host.store.history().read())
        .extracting(event -> event.image() + " " + event.what())
        .containsExactly("i pulled", "i found");
  }

  @Test
  void verifyFindsOneFlippedByte() throws IOException {
    LocalImage image = host.transfer.pull(layout, "i", false);
    try (RandomAccessFile disk = new RandomAccessFile(image.disk().toFile(), "rw")) {
      disk.seek(700L << 20);
      disk.write(1);
    }
    assertThat(Verify.of(image).ok()).isFalse();
  }

  @Test
  void aTagSharesFilesAndDeletingOneKeepsTheOther() throws IOException {
    LocalImage image = host.transfer.pull(layout, "i", false);
    LocalImage second = host.store.tag("i", "j");
    assertThat(Files.isSameFile(image.disk(), second.disk())).isTrue();
    host.store.delete("i");
    assertThat(host.store.list()).extracting(LocalImage::name).containsExactly("j");
    assertThat(Verify.of(second).ok()).isTrue();
  }

  @Test
  void pinsAndUseAreRespectedTheRestGoesOldestFirst() throws IOException {
    host.transfer.pull(layout, "a", false);
    for (String name : List.of("b", "c", "d")) {
      host.store.tag("a", name);
    }
    Instant now = Instant.now();
    int age = 0;
    for (String name : List.of("a", "b", "c", "d")) {
      host.store.touch(name);
      Path used = host.store.get(name).directory().resolve("used");
      Files.setLastModifiedTime(used, FileTime.from(now.minus(Duration.ofDays(9 - age++))));
    }
    host.store.pin("a", true);
    InUse bIsUsed = () -> Set.of("b");
    ImageStore store = host.store.with(new StorePolicy(StoreBudget.NONE, bIsUsed, List.of()));
    assertThatThrownBy(() -> store.delete("a")).hasMessageContaining("pinned");
    assertThatThrownBy(() -> store.delete("b")).hasMessageContaining("in use");
    Prune old = new Prune(Optional.of(Duration.ofDays(6)), Optional.empty());
    assertThat(old.plan(store, now).images()).containsExactly("c");
    Prune all = new Prune(Optional.of(Duration.ZERO), Optional.empty());
    Prune.Result result = all.run(store);
    assertThat(result.images()).containsExactly("c", "d");
    assertThat(result.kept()).containsOnlyKeys("a", "b").containsEntry("a", "pinned");
    assertThat(result.freed()).as("the disk has other names").isLessThan(1 << 20);
    assertThat(host.store.list()).extracting(LocalImage::name).containsExactly("a", "b");
  }

  @Test
  void aCorruptBlobPublishesNothing() throws IOException {
    Path copy = copyOfLayout();
    Path largest = largestBlob(copy);
    try (RandomAccessFile file = new RandomAccessFile(largest.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.writeLong(42);
    }
    Reference bad = Reference.parse("oci:" + copy + ":v1");
    assertThatThrownBy(() -> host.transfer.pull(bad, "i", false))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining(largest.getFileName().toString());
    assertThat(host.store.list()).isEmpty();
    assertThat(state.resolve("images/.work/i.partial")).doesNotExist();
    assertThatThrownBy(() -> host.transfer.pull(bad.with("v2"), "i", false))
        .isInstanceOf(RegistryError.Absent.class);
  }

  @Test
  void twoPullsAtOnceAreOneTransfer() {
    CompletableFuture<LocalImage> other =
        CompletableFuture.supplyAsync(() -> host.transfer.pull(layout, "i", false));
    host.transfer.pull(layout, "i", false);
    assertThat(other.join().name()).isEqualTo("i");
    assertThat(host.said()).containsOnlyOnce("pulling ").contains("is already here");
  }

  /// The directory of a digest is whose that has its lock, also while the one before cleans up.
  @Test
  void pullsOfOneImageUnderManyNamesDoNotDisturbEachOther() throws Exception {
    host.transfer.pull(layout, "i", false);
    List<Callable<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      String name = "j" + i;
      all.add(
          () -> {
            LocalImage _ = host.transfer.pull(layout, name, false);
            host.store.delete(name);
            return true;
          });
    }
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (Future<Boolean> one : threads.invokeAll(all)) {
        assertThat(one.get()).isTrue();
      }
    }
  }

  private Path copyOfLayout() throws IOException {
    Path copy = state.resolve("layout");
    Command.of("cp", "-r", shared.resolve("layout").toString(), copy.toString()).check();
    return copy;
  }

  private static Path largestBlob(Path layout) throws IOException {
    try (var blobs = Files.list(layout.resolve("blobs/sha256"))) {
      return blobs.max(Comparator.comparing(p -> p.toFile().length())).orElseThrow();
    }
  }

  /// The child can not end before it is killed: one blob is a pipe into which nobody writes.
  @Test
  void aKilledPullLeavesNoImageAndTheNextOneWorks() throws Exception {
    Path copy = copyOfLayout();
    Path never = largestBlob(copy);
    Files.delete(never);
    Command.of("mkfifo", never.toString()).check();
    Path partial = state.resolve("images/.work/.pull-" + digest.hex() + "/disk.img");
    Process child =
        Command.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.bakehouse.cli.Main",
                "image",
                "pull",
                "oci:" + copy + ":v1",
                "--name",
                "i",
                "--state",
                state.toString())
            .startInto(state.resolve("log"));
    Poll.until(
        "the child's pull to begin",
        Duration.ofSeconds(60),
        () -> Files.exists(partial) ? Optional.of(true) : Optional.empty());
    child.destroyForcibly().onExit().join();
    assertThat(partial).as("the child was killed in the middle").exists();
    assertThat(host.store.list()).isEmpty();
    assertThat(Verify.of(host.transfer.pull(layout, "i", false)).ok()).isTrue();
    assertThat(partial).doesNotExist();
  }

  @Test
  void onlyWrongModesAreMended() throws IOException {
    host.transfer.pull(layout, "i", false);
    Path config = host.store.get("i").directory().resolve("config.json");
    new StoreCheck(host.store.root(), host.log).run();
    assertThat(host.said()).contains("owner", "mode").doesNotContain("mended");
    Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("---r-----"));
    new StoreCheck(host.store.root(), host.log).run();
    assertThat(host.said()).containsOnlyOnce("mended: " + config);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
        .isEqualTo("r--r-----");
  }

  /// Names that the store's own files and directories once had.
  @ParameterizedTest
  @ValueSource(strings = {"gone-1", "history", "pull-1", "leases", "room", "upload", "x.partial"})
  void anImageMayHaveAnyName(String name) throws IOException {
    LocalImage image = host.transfer.pull(layout, name, false);
    try (ExclusiveLock _ = host.store.lock(name, () -> {});
        Draft draft = host.store.draft(name)) {
      Files.writeString(draft.directory().resolve("x"), "");
      assertThat(new Prune(Optional.empty(), Optional.empty()).run(host.store).leavings())
          .isEmpty();
      host.store.history().add("noted", name, "", "", 0);
      assertThat(draft.directory().resolve("x")).exists();
    }
    assertThat(host.store.history().read()).extracting(History.Event::what).contains("noted");
    assertThat(Verify.of(image).ok()).isTrue();
    host.store.delete(name);
    assertThat(host.store.list()).isEmpty();
  }

  @Test
  void whatLostItsDiskIsNotPublished() throws IOException {
    LocalImage image = host.transfer.pull(layout, "i", false);
    try (ExclusiveLock _ = host.store.lock("j", () -> {});
        Draft draft = host.store.draft("j")) {
      Trees.take(image.directory(), draft.directory(), ImageStore.FILES);
      Files.delete(draft.directory().resolve("disk.img"));
      assertThatThrownBy(() -> draft.publish(image.record(), "pulled", 0))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("disk.img got lost");
    }
    assertThat(host.store.list()).extracting(LocalImage::name).containsExactly("i");
  }

  @Test
  void aNameThatCouldLeaveTheStoreIsRefused() {
    assertThatThrownBy(() -> host.store.find("../x")).isInstanceOf(UserError.class);
    assertThatThrownBy(() -> host.store.find(".work")).isInstanceOf(UserError.class);
  }
}
