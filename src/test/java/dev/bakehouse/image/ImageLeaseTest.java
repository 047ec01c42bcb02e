package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageLeaseTest {
  @TempDir Path dir;
  private ImageStore store;

  @BeforeEach
  void make() throws IOException {
    store = new ImageStore(dir.resolve("images"));
    adopt("a", "first");
  }

  @Test
  void aLeasedImageIsNotDeletedUntilTheLeaseEnds() {
    try (ImageLease lease = store.lease("a", "a test").orElseThrow()) {
      assertThat(lease.image().name()).isEqualTo("a");
      assertThatThrownBy(() -> store.delete("a"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("in use: a test, process " + ProcessHandle.current().pid());
      assertThat(store.leased()).containsOnlyKeys("a");
      assertThat(store.leased()).as("asking does not drop it").containsOnlyKeys("a");
    }
    assertThat(store.leased()).isEmpty();
    store.delete("a");
    assertThat(store.lease("a", "a test")).isEmpty();
  }

  @Test
  void severalMayUseAnImageAtOnce() {
    try (ImageLease _ = store.lease("a", "one").orElseThrow()) {
      try (ImageLease _ = store.lease("a", "two").orElseThrow()) {
        assertThat(store.leased().get("a")).hasSize(2);
      }
      assertThat(store.leased().get("a")).hasSize(1);
    }
  }

  @Test
  void theLeaseOfAnotherProcessHoldsAndEndsWithIt() throws Exception {
    Process child =
        Jvm.of(Holder.class, store.root().toString()).startInto(dir.resolve("child.log"));
    try {
      Poll.until(
          "the child's lease",
          Duration.ofSeconds(30),
          () -> Optional.of(store.leased()).filter(held -> held.containsKey("a")));
      assertThatThrownBy(() -> store.delete("a"))
          .hasMessageContaining("a child's, process " + child.pid());
      assertThatThrownBy(() -> store.delete("a")).hasMessageContaining("in use");
    } finally {
      child.destroyForcibly().onExit().join();
    }
    store.delete("a");
    try (var left = Files.list(store.work().resolve("leases"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void theFilesOfALeaseStayWhenTheImageIsReplaced() throws IOException {
    try (ImageLease lease = store.lease("a", "push").orElseThrow()) {
      Path disk = lease.files().resolve("disk.img");
      adopt("a", "second");
      assertThat(disk).hasContent("first");
      assertThat(lease.files().resolve("disk.img")).hasContent("first");
      assertThat(store.get("a").disk()).hasContent("second");
      store.pushed(lease.image(), "{}".getBytes(StandardCharsets.UTF_8), "sha256:1", "r:1", 0);
      assertThat(store.get("a").record().digest()).as("it is another image").isEmpty();
    }
    try (ImageLease lease = store.lease("a", "push").orElseThrow()) {
      adopt("a", "third");
      assertThatThrownBy(lease::files).hasMessageContaining("was replaced");
    }
  }

  @Test
  void whatIsMadeOfAnImageThatIsReplacedMeanwhileIsMadeAgain() {
    List<String> undone = new ArrayList<>();
    List<String> rounds = new ArrayList<>(List.of("second", "third"));
    try (ImageLease lease = store.lease("a", "job").orElseThrow()) {
      String made =
          lease.steadily(
              image -> {
                String read = content(image.disk());
                if (!rounds.isEmpty()) {
                  adopt("a", rounds.removeFirst());
                }
                return read;
              },
              undone::add);
      assertThat(made).isEqualTo("third");
    }
    assertThat(undone).containsExactly("first", "second");
  }

  private void adopt(String name, String disk) {
    try {
      Path vm = Files.createTempDirectory(dir, "vm");
      Files.writeString(vm.resolve("disk.img"), disk);
      Files.writeString(vm.resolve("config.json"), "{}");
      LocalImage _ = store.adopt(name, vm, Map.of(), "test");
    } catch (IOException e) {
      throw Trees.failed("make a VM", e);
    }
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw Trees.failed("read " + file, e);
    }
  }

  /// Takes a lease and keeps it until it is killed.
  static final class Holder {
    public static void main(String[] args) throws Exception {
      ImageStore store = new ImageStore(Path.of(args[0]));
      try (ImageLease _ = store.lease("a", "a child's").orElseThrow()) {
        new CountDownLatch(1).await();
      }
    }
  }
}
