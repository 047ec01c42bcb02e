package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.PowerCut;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.vm.BaseImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read out of an image once, and what a power cut makes of it.
class BootFilesTest {
  private static final int KERNEL = 5_000_000;

  @TempDir Path dir;
  private BaseImage image;

  @BeforeEach
  void disk() throws IOException {
    byte[] bytes = new byte[KERNEL];
    new Random(1).nextBytes(bytes);
    Path boot = Files.createDirectories(dir.resolve("root/boot"));
    Files.write(boot.resolve("vmlinuz"), bytes);
    Files.writeString(boot.resolve("initrd.img"), "initrd");
    Path files = Files.createDirectories(dir.resolve("image"));
    Path disk = files.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(60L << 20);
    }
    Command.of(Programs.path("mkfs.ext4"), "-q", "-F", "-d")
        .and(dir.resolve("root").toString(), disk.toString())
        .check();
    Files.writeString(
        files.resolve("config.json"),
        """
        {"boot": {"kernel": "/boot/vmlinuz", "initrd": "/boot/initrd.img", "append": "quiet"}}
        """);
    image = new BaseImage("i", files, "sha256:0123");
  }

  @Test
  @EnabledIf("dev.bakehouse.platform.PowerCut#possible")
  void whatWasMadeOutlivesAPowerCut() throws IOException {
    try (PowerCut power = new PowerCut(dir)) {
      Path before = power.before.resolve("state");
      assertBoots(before);
      Path grown = new Grown(before).disk(image, 1);
      Path after = power.cut().resolve("state");
      assertThat(after.resolve("cache/boot/sha256_0123/kernel")).hasSize(KERNEL);
      assertThat(after.resolve("cache/boot/sha256_0123/initrd")).hasContent("initrd");
      Path there = after.resolve(before.relativize(grown));
      assertThat(Files.mismatch(there, grown)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 4096})
  void whatAPowerCutCutShortIsMadeAnew(long left) throws IOException {
    assertBoots(dir.resolve("state"));
    Path kernel = dir.resolve("state/cache/boot/sha256_0123/kernel");
    try (FileChannel file = FileChannel.open(kernel, StandardOpenOption.WRITE)) {
      FileChannel _ = file.truncate(left);
    }
    assertBoots(dir.resolve("state"));
  }

  private void assertBoots(Path state) throws IOException {
    Path vm = Files.createTempDirectory(Files.createDirectories(state.resolve("vms")), "vm");
    new BootFiles(state).provide(image, vm);
    assertThat(vm.resolve("kernel")).hasSize(KERNEL);
    assertThat(vm.resolve("initrd")).hasContent("initrd");
    assertThat(vm.resolve("append")).hasContent("quiet panic=-1");
  }
}
