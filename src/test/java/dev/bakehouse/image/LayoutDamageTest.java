package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.PowerCut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// What power cuts do to a layout, and what the next push makes of it.
class LayoutDamageTest {
  @TempDir Path temp;
  private Path layout;
  private Fixture host;

  @BeforeEach
  void image() throws IOException {
    layout = temp.resolve("layout");
    host = new Fixture(temp.resolve("host"));
    host.store.adopt("i", DiskFixture.make(temp.resolve("vm"), 11), Map.of(), "test");
  }

  @Test
  @EnabledIf("dev.bakehouse.platform.PowerCut#possible")
  void whatWasPushedOutlivesAPowerCut() throws IOException {
    try (PowerCut power = new PowerCut(temp)) {
      push(power.before.resolve("l"), "v0");
      power.settle();
      push(power.before.resolve("l"), "v1");
      host.store.adopt("i", DiskFixture.make(temp.resolve("vm2"), 12), Map.of(), "test");
      push(power.before.resolve("m/n/l"), "v1");
      Path after = power.cut();
      assertPulls(after.resolve("l"), "v0", "vm");
      assertPulls(after.resolve("l"), "v1", "vm");
      assertPulls(after.resolve("m/n/l"), "v1", "vm2");
    }
  }

  @Test
  void anEmptyIndexIsToldByAPullAndMadeAnewByAPush() throws IOException {
    push(layout, "v1");
    Files.write(layout.resolve("index.json"), new byte[0]);
    Files.write(layout.resolve("oci-layout"), new byte[0]);
    assertThatThrownBy(() -> assertPulls(layout, "v1", "vm"))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining("index.json is corrupt: it is empty");
    push(layout, "v2");
    assertThat(host.said())
        .contains("warning: ", "index.json is corrupt: it is empty; it is made anew");
    assertThat(layout.resolve("oci-layout")).isNotEmptyFile();
    assertThat(layout.resolve("index.json.damaged")).isEmptyFile();
    assertPulls(layout, "v2", "vm");
  }

  /// A file system that fails for a moment costs no tags.
  @Test
  void anIndexThatCanNotBeReadIsNotReplaced() throws IOException {
    push(layout, "v1");
    Path index = layout.resolve("index.json");
    Path there = Files.move(index, temp.resolve("index.json"));
    Files.createSymbolicLink(index, index.getFileName());
    assertThatThrownBy(() -> push(layout, "v2")).hasMessageContaining(index.toString());
    Files.delete(index);
    Files.move(there, index);
    assertPulls(layout, "v1", "vm");
  }

  @Test
  void theNextPushMendsTheBlobsThatAPowerCutEmptied() throws IOException {
    push(layout, "v1");
    empty(blobs().getLast());
    push(layout, "v1");
    assertPulls(layout, "v1", "vm");
    for (Path blob : blobs()) {
      empty(blob);
    }
    push(layout, "v1");
    assertPulls(layout, "v1", "vm");
  }

  @Test
  void whatDeadPushesLeftGoesWithTheNextOne() throws IOException {
    Path staging = Files.createDirectories(layout.resolve(".staging"));
    Path dead = Files.createDirectories(staging.resolve("push-dead"));
    Files.writeString(dead.resolve("x.lz4"), "x");
    Path alive = Files.createDirectories(staging.resolve("push-alive"));
    Path old = Files.writeString(staging.resolve("of-1-1-x"), "x");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
    Path fresh = Files.writeString(staging.resolve("of-1-1-y"), "y");
    try (ExclusiveLock _ = ExclusiveLock.on(staging.resolve("push-alive.lock"))) {
      push(layout, "v1");
    }
    assertThat(dead).doesNotExist();
    assertThat(old).doesNotExist();
    assertThat(alive).exists();
    assertThat(fresh).exists();
    push(layout, "v2");
    assertThat(alive).doesNotExist();
  }

  private void push(Path to, String tag) {
    host.transfer.push("i", Reference.parse("oci:" + to + ":" + tag), List.of(tag));
  }

  private void assertPulls(Path from, String tag, String vm) throws IOException {
    Fixture other = new Fixture(Files.createTempDirectory(temp, "other"));
    LocalImage back = other.transfer.pull(Reference.parse("oci:" + from + ":" + tag), "i", false);
    assertThat(Files.mismatch(back.disk(), temp.resolve(vm).resolve("disk.img"))).isEqualTo(-1);
  }

  /// The largest last.
  private List<Path> blobs() throws IOException {
    try (Stream<Path> all = Files.list(layout.resolve("blobs/sha256"))) {
      return all.sorted(Comparator.comparing(blob -> blob.toFile().length())).toList();
    }
  }

  private static void empty(Path blob) throws IOException {
    Files.write(blob, new byte[0]);
  }
}
