package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateSpaceTest {
  private static final int SIZE = 1 << 20;
  private static final String HERE = "sha256:0123456789abcdef0123";
  private static final String AWAY = "sha256:fedcba98765432100123";
  private static final String OLD = "0123456789abcdef-1c1024m4g";
  private static final String NEW = "0123456789abcdef-1c2048m4g";
  private static final String GONE = "fedcba9876543210-1c1024m4g";

  @TempDir Path dir;
  private Hypervisor qemu;

  @BeforeEach
  void make() throws Exception {
    template(OLD, HERE, 1);
    template(NEW, HERE, 2);
    template(GONE, AWAY, 3);
    template("by-hand", AWAY, 0);
    qemu = new QemuHypervisor(dir);
  }

  /// A megabyte of memory in a file that looks much larger.
  private void template(String key, String digest, int age) throws IOException {
    Path at = Files.createDirectories(dir.resolve("templates").resolve(key));
    Files.writeString(
        at.resolve("template.json"),
        """
        {"key": "%s", "version": "7", "accel": "tcg", "signature": "",
         "image": {"name": "i", "directory": "/none", "digest": "%s"},
         "shape": {"cpus": 1, "memoryMb": 1024, "diskGb": 4}, "created": "2026-01-0%dT00:00:00Z"}
        """
            .formatted(key, digest, age + 1));
    try (RandomAccessFile file = new RandomAccessFile(at.resolve("ram").toFile(), "rw")) {
      file.setLength(64L * SIZE);
      file.write(new byte[SIZE]);
    }
  }

  private TemplateSpace space(long budget) {
    return new TemplateSpace(qemu, budget);
  }

  @Test
  void whoseImageIsGoneGoesAndWhatPeopleNamedStays() {
    assertThat(space(Long.MAX_VALUE).trim(image -> image.digest().equals(HERE), Optional.empty()))
        .containsExactly(GONE);
    assertThat(dir.resolve("templates")).isDirectoryNotContaining("glob:**" + GONE);
    assertThat(dir.resolve("templates/by-hand")).exists();
  }

  @Test
  void theOldestGoUntilTheOthersFitButNotWhatTheNextJobWants() {
    assertThat(space(5L * SIZE / 2).trim(_ -> true, Optional.empty())).containsExactly(OLD);
    assertThat(space(SIZE / 2).trim(_ -> true, Optional.of(NEW))).containsExactly(GONE);
    assertThat(dir.resolve("templates").resolve(NEW)).exists();
  }
}
