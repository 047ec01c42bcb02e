package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commands by hand in a kept VM with a full guest, each by a process of its own.
@Tag("vm")
class VmExecTest {
  private static final String ODD = "it's \"odd\"\n\tü $(id) `id` \\ *";

  @TempDir Path state;

  @AfterEach
  void end() {
    QemuHypervisor qemu = new QemuHypervisor(state);
    qemu.list().forEach(vm -> qemu.find(vm.name()).ifPresent(Vm::destroy));
  }

  @Test
  void commandsRunAsTheyWouldHereAndTheKeyOutlivesAReboot() throws Exception {
    String image = GuestImage.directory().toString();
    vm("create", "one", "--image", image, "--cpus", "1", "--memory-mb", "1024", "--disk-gb", "0");
    Outcome early = vm("exec", "one", "--", "true");
    assertThat(early.status()).isEqualTo(Exit.INFRASTRUCTURE);
    assertThat(text(early.err())).contains("The VM one does not run");
    assertThat(vm("run", "one").status()).isZero();

    statuses();
    Outcome streams = vm("exec", "one", "--", "sh", "-c", "cat; echo to err >&2", "sh");
    assertThat(streams.out()).isEqualTo("given".getBytes(StandardCharsets.UTF_8));
    assertThat(text(streams.err())).isEqualTo("to err\n");
    assertThat(vm("exec", "one", "--", "printf", "%s", ODD).out())
        .isEqualTo(ODD.getBytes(StandardCharsets.UTF_8));
    aReaderThatLeavesEndsTheCommand();
    twoAtOnce();

    Outcome shell = vm("ssh", "one", "--", "echo $((6*7)); id -un; exit 9");
    assertThat(shell.text()).isEqualTo("42\nadmin");
    assertThat(shell.status()).isEqualTo(9);
    assertThat(vm("ip", "one").text()).matches("127\\.0\\.0\\.1 [0-9]+");

    Path access = state.resolve("vms/one/access");
    assertThat(mode(access)).isEqualTo("rwx------");
    assertThat(mode(access.resolve("key"))).isEqualTo("rw-------");
    assertThat(mode(access.resolve("identity.json"))).isEqualTo("rw-------");
    assertThat(entries(access)).containsOnly("key", "identity.json", "known_hosts", "lock");
    String before = vm("exec", "one", "--", "cat", "/etc/machine-id", "/etc/hostname").text();
    assertThat(before).matches("[0-9a-f]{32}\none");
    byte[] key = Files.readAllBytes(access.resolve("key"));

    long start = System.nanoTime();
    assertThat(vm("stop", "one", "--grace", "120").status()).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(115));
    assertThat(vm("run", "one").status()).isZero();
    assertThat(vm("exec", "one", "--", "cat", "/etc/machine-id", "/etc/hostname").text())
        .isEqualTo(before);
    assertThat(Files.readAllBytes(access.resolve("key"))).isEqualTo(key);
    assertThat(vm("delete", "one").status()).isZero();
    assertThat(access).doesNotExist();
  }

  private void statuses() {
    assertThat(vm("exec", "one", "--", "true").status()).isZero();
    assertThat(vm("exec", "one", "--", "sh", "-c", "exit 255").status()).isEqualTo(255);
    assertThat(vm("exec", "one", "--", "sh", "-c", "kill -KILL $$").status()).isEqualTo(137);
    assertThat(vm("exec", "one", "--", "no-such-program").status()).isEqualTo(127);
  }

  private void aReaderThatLeavesEndsTheCommand() throws IOException, InterruptedException {
    Process endless = command("exec", "one", "--", "yes").start();
    assertThat(endless.getInputStream().read()).isEqualTo('y');
    endless.getInputStream().close();
    assertThat(endless.waitFor(Duration.ofMinutes(2))).isTrue();
    assertThat(endless.exitValue()).isEqualTo(141);
  }

  private void twoAtOnce() throws InterruptedException {
    Process waits =
        command("exec", "one", "--", "sh", "-c", "while [ ! -e go ]; do sleep 0.1; done").start();
    assertThat(vm("exec", "one", "--", "touch", "go").status()).isZero();
    assertThat(waits.waitFor()).isZero();
  }

  private Outcome vm(String... args) {
    return command(args).run();
  }

  private Command command(String... args) {
    List<String> all = new ArrayList<>(List.of("vm", args[0], "--state", state.toString()));
    all.addAll(List.of(args).subList(1, args.length));
    return Command.of(Self.argv(all.toArray(String[]::new)))
        .input("given".getBytes(StandardCharsets.UTF_8))
        .deadline(Duration.ofMinutes(5));
  }

  private static List<String> entries(Path directory) throws IOException {
    try (var all = Files.list(directory)) {
      return all.map(p -> p.getFileName().toString()).toList();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
