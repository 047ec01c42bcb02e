package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepairTest {
  @TempDir static Path shared;
  private static Fixture origin;
  private static Reference layout;

  private Fixture host;

  @BeforeAll
  static void pushOnce() throws IOException {
    origin = new Fixture(shared.resolve("origin"));
    Path vm = DiskFixture.make(shared.resolve("vm"), 7);
    LocalImage _ = origin.store.adopt("vm", vm, Map.of(), "test");
    layout = Reference.parse("oci:" + shared.resolve("layout") + ":v1");
    origin.transfer.push("vm", layout, List.of("v1"));
  }

  @BeforeEach
  void ownHost() throws IOException {
    host = new Fixture(Files.createTempDirectory(shared, "host"));
    LocalImage _ = host.transfer.pull(layout, "i", false);
  }

  @Test
  void onlyTheSlicesThatAreWrongAreFetched() throws IOException {
    flip(host.store.get("i").disk(), 700L << 20);
    Verify.Finding damaged = Verify.of(host.store, "i");
    assertThat(damaged.ok()).isFalse();
    assertThat(damaged.wrong()).containsExactly("disk.img: the slice at 512 MB differs");
    assertThat(repair(host, damaged).ok()).isTrue();
    assertThat(host.store.history().read())
        .extracting(History.Event::what)
        .containsExactly("pulled", "damaged", "repaired");
    assertThat(host.store.history().read().getLast().bytes()).as("that one is zeros").isZero();

    flip(host.store.get("i").disk(), 100);
    flip(host.store.get("i").disk(), 500L << 20);
    Verify.Finding again = Verify.of(host.store, "i");
    assertThat(again.wrong()).containsExactly("disk.img: the slice at 0 MB differs");
    assertThat(repair(host, again).ok()).isTrue();
    assertThat(host.store.history().read().getLast().bytes()).isBetween(1L << 20, 8L << 20);
    assertThat(host.said()).containsPattern("repair i: .*, [1-9],\\d+ kB moved");
  }

  @Test
  void aVmThatStandsOnTheDamagedDiskKeepsIt() throws IOException {
    Path disk = host.store.get("i").disk();
    Path ofVm = shared.resolve("disk-of-vm");
    Files.deleteIfExists(ofVm);
    flip(disk, 100);
    Files.createLink(ofVm, disk);
    byte before = read(ofVm, 100);
    assertThat(repair(host, Verify.of(host.store, "i")).ok()).isTrue();
    assertThat(read(ofVm, 100)).isEqualTo(before);
    assertThat(read(disk, 100)).isNotEqualTo(before);
  }

  @Test
  void whatIsMissingIsNamedAndComesBack() throws IOException {
    Path directory = host.store.get("i").directory();
    for (String file : List.of("nvram.bin", "manifest.json")) {
      Files.delete(directory.resolve(file));
    }
    Verify.Finding damaged = Verify.of(host.store, "i");
    assertThat(damaged.wrong())
        .contains("manifest.json is missing")
        .anyMatch(line -> line.contains("content differs"));
    assertThat(repair(host, damaged).ok()).isTrue();
    assertThat(directory.resolve("nvram.bin")).hasContent("nvram");

    Files.delete(directory.resolve("disk.img"));
    assertThat(Verify.of(host.store, "i").wrong()).containsExactly("disk.img is missing");
    assertThat(repair(host, Verify.of(host.store, "i")).ok()).isTrue();

    Files.delete(directory.resolve("image.json"));
    assertThat(Verify.of(host.store, "i").wrong())
        .singleElement()
        .asString()
        .contains("image.json is missing");
    assertThat(host.store.list()).isEmpty();
    assertThat(host.store.foreign()).containsExactly("i");
  }

  @Test
  void anotherImageOfTheSameContentServesWhenTheRegistryIsGone() throws IOException {
    Fixture own = new Fixture(Files.createTempDirectory(shared, "host"));
    Path copy = Files.createTempDirectory(shared, "layout");
    Reference gone = Reference.parse("oci:" + copy + ":v1");
    Path vm = DiskFixture.make(copy.resolve("vm"), 9);
    LocalImage _ = own.store.adopt("pushed", vm, Map.of(), "test");
    own.transfer.push("pushed", gone, List.of("v1"));
    LocalImage _ = own.transfer.pull(gone, "pulled", false);
    LocalImage _ = own.store.tag("pulled", "also");
    Directories.delete(copy);
    Files.copy(own.store.get("pulled").disk(), own.store.work("other"));
    Path ownDisk = own.store.get("pushed").disk();
    Files.delete(ownDisk);
    Files.move(own.store.work("other"), ownDisk);
    flip(own.store.get("pulled").disk(), 100);
    for (String name : List.of("pulled", "also")) {
      assertThat(repair(own, Verify.of(own.store, name)).ok()).as(name).isTrue();
    }
    flip(own.store.get("pulled").disk(), 100);
    flip(own.store.get("also").disk(), 200);
    flip(ownDisk, 300);
    Verify.Finding damaged = Verify.of(own.store, "pulled");
    assertThatThrownBy(() -> repair(own, damaged))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Could not repair the image pulled")
        .extracting(e -> ((UserError) e).remedy())
        .asString()
        .contains(copy.toString());
    assertThat(Verify.of(own.store, "pulled").found()).isEqualTo(damaged.found());
  }

  @Test
  void whatWasNeverPushedCanNotBeRepaired() throws IOException {
    Path vm = DiskFixture.make(Files.createTempDirectory(shared, "vm"), 11);
    LocalImage own = host.store.adopt("own", vm, Map.of(), "test");
    flip(own.disk(), 100);
    assertThatThrownBy(() -> repair(host, Verify.of(host.store, "own")))
        .hasMessageContaining("never pulled or pushed");
  }

  private static Verify.Finding repair(Fixture on, Verify.Finding damaged) {
    return new Repair(on.store, on.repositories, on.log).run(damaged);
  }

  private static void flip(Path disk, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1);
    }
  }

  private static byte read(Path disk, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
      file.seek(at);
      return file.readByte();
    }
  }
}
