package dev.bakehouse.vm.tart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Processes of the name that macOS's have, each with a disk open.
class PhantomTest {
  @TempDir Path dir;
  private final List<Process> all = new ArrayList<>();

  @AfterEach
  void end() {
    all.forEach(process -> Processes.killTree(process.toHandle()));
  }

  private Process with(String name, Path disk) throws Exception {
    Path program = dir.resolve(name);
    if (!Files.exists(program)) {
      Files.copy(Path.of(Programs.path("sleep")).toRealPath(), program);
      program.toFile().setExecutable(true);
    }
    all.add(
        Command.of("sh", "-c", "echo up; exec 0<\"$1\" \"$2\" 1000", "sh")
            .and(disk.toString(), program.toString())
            .start());
    assertThat(all.getLast().inputReader().readLine()).isEqualTo("up");
    return all.getLast();
  }

  @Test
  void onlyTheSystemsProcessWithThisDiskIsEnded() throws Exception {
    Path disk = Files.writeString(dir.resolve("disk.img"), "disk");
    Path other = Files.writeString(dir.resolve("other.img"), "disk");
    Process phantom = with("com.apple.Virtualization.VirtualMachine", disk);
    Process neighbour = with("com.apple.Virtualization.VirtualMachine", other);
    Process reader = with("reader", disk);
    for (int n = 0; n < 50 && phantom.isAlive(); n++) {
      // The first looks may come before the program is the one of that name.
      Phantom.end(disk);
    }
    assertThat(phantom.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(neighbour.isAlive()).isTrue();
    assertThat(reader.isAlive()).isTrue();
  }
}
