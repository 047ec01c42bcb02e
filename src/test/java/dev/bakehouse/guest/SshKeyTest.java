package dev.bakehouse.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshKeyTest {
  @TempDir Path dir;

  @Test
  void opensshReadsThePrivateKeyAndFindsTheSamePublicOne() throws Exception {
    for (int i = 0; i < 5; i++) {
      SshKey key = SshKey.create();
      Path file = key.save(dir.resolve("key"));
      assertThat(Command.of("ssh-keygen", "-y", "-f", file.toString()).check().text().strip())
          .isEqualTo(key.publicLine());
      assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    }
  }

  @Test
  void thePrivatePartIsNotPrinted() {
    assertThat(SshKey.create().toString()).startsWith("ssh-ed25519 ").doesNotContain("PRIVATE");
  }
}
