package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {
  @TempDir Path dir;

  @Test
  void whatAKilledProcessLeftGoesWithTheNextOneAndTheLivingKeepTheirs() throws Exception {
    Process killed = Command.of("sleep", "1000").startInto(dir.resolve("log"));
    Path theirs = Files.createDirectories(named(Processes.identity(killed.toHandle())));
    Files.createDirectories(theirs.resolve("deep")).resolve("pack").toFile().createNewFile();
    Path parent = theirs.getParent();

    Path own = Scratch.directory(parent);
    assertThat(theirs).exists();
    killed.destroyForcibly();
    killed.onExit().join();
    Path second = Scratch.directory(parent);

    assertThat(theirs).doesNotExist();
    assertThat(own).isDirectory().isNotEqualTo(second);
    assertThat(Files.getPosixFilePermissions(second)).hasSize(3);
  }

  private Path named(Processes.Identity of) {
    return dir.resolve("scratch/of-" + of.pid() + "-" + of.started() + "-x");
  }
}
