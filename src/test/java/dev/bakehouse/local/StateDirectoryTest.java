package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `demo --clean` takes what is Bakehouse's and at rest, and nothing else.
class StateDirectoryTest {
  @TempDir Path dir;

  @Test
  void anIdleOneGoes() throws IOException {
    Path state = dir.resolve("state");
    Files.createDirectories(state.resolve("hosts/host-1/vms/old"));
    // A host may have it for its own, and jobs by hand.
    Files.createDirectories(state.resolve("volumes/.publish"));
    Files.createDirectories(state.resolve("agents/0"));
    for (String place : new String[] {"evidence", "failures", "orders", "taken", "tests"}) {
      Files.createDirectories(state.resolve(place));
    }
    for (String file :
        new String[] {"breaker.json", "image-marks.json", "standby", "status.json"}) {
      Files.createFile(state.resolve(file));
    }
    Files.createFile(state.resolve("hosts/host-1/host.lock"));
    new StateDirectory(state).remove();
    assertThat(state).doesNotExist();
    new StateDirectory(state).remove();
  }

  @Test
  void aDirectoryWithOtherThingsStays() throws IOException {
    Files.createDirectory(dir.resolve("images"));
    Path mine = Files.writeString(dir.resolve("thesis.txt"), "years of work");
    refuses("thesis.txt");
    assertThat(mine).exists();
  }

  @Test
  void oneInUseStays() throws IOException {
    for (String lock : new String[] {"coordinator/coordinator.lock", "hosts/host-1/host.lock"}) {
      Path file = dir.resolve(lock);
      Files.createDirectories(file.getParent());
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var held = channel.lock()) {
        assertThat(held.isValid()).isTrue();
        refuses("in use");
      }
    }
  }

  @Test
  void hostsOfAFleetThatWasKilledAreWaitedFor() throws Exception {
    StateDirectory state = new StateDirectory(dir);
    List<String> said = new ArrayList<>();
    state.awaitHosts(said::add);
    assertThat(said).isEmpty();
    Path lock = Files.createDirectories(dir.resolve("hosts/host-1")).resolve("host.lock");
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock held = channel.lock();
      state.awaitHosts(
          line -> {
            said.add(line);
            try {
              held.release();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    assertThat(said).containsExactly("waiting: the hosts of a run that was killed are ending");
    // Not those of one that runs.
    Path coordinator =
        Files.createDirectories(dir.resolve("coordinator")).resolve("coordinator.lock");
    try (FileChannel channel =
            FileChannel.open(coordinator, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      assertThatThrownBy(() -> state.awaitHosts(said::add)).hasMessageContaining("is in use");
    }
  }

  @Test
  void oneWithARunningVmStays() throws IOException {
    for (String hypervisor : new String[] {"qemu", "tart"}) {
      Path vm = Files.createDirectories(dir.resolve("vms/of-" + hypervisor));
      Path identity = vm.resolve(hypervisor + ".id");
      Files.writeString(identity, Processes.self().text());
      refuses("of-" + hypervisor);
      Files.delete(identity);
    }
  }

  private void refuses(String why) {
    assertThatThrownBy(() -> new StateDirectory(dir).remove())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(why);
    assertThat(dir).isNotEmptyDirectory();
  }
}
