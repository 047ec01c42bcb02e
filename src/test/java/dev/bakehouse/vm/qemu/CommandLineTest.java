package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Subnet;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommandLineTest {
  private static final Shape SHAPE = new Shape(2, 1024, 10);

  private static final Shape OPEN =
      new Shape(2, 1024, 10, new Network(true, Subnet.parse("10.9.8.0/24").orElseThrow()));
  private static final Optional<String> APPEND = Optional.of("root=/dev/vda");

  private final Qemu tcg = new Qemu(Path.of("/usr/bin/qemu"), Arch.X86_64, "7.2.22", "tcg");

  @Test
  void onlyALateQemuChangesTheDiskOfAGuestThatRuns() {
    for (String version : List.of("6.2.0", "7.2.22", "10.0.0-rc2")) {
      assertThat(qemu(version).attachesRunning()).as(version).isTrue();
    }
    for (String version : List.of("5.2.0", "6.1.1")) {
      assertThat(qemu(version).attachesRunning()).as(version).isFalse();
    }
  }

  private static Qemu qemu(String version) {
    return new Qemu(Path.of("/usr/bin/qemu"), Arch.X86_64, version, "tcg");
  }

  @Test
  void bootsTheKernelWithSharedMemory() {
    List<String> argv = new CommandLine(tcg).build(plan("ram", false, true));
    assertThat(argv)
        .containsSequence("-accel", "tcg,thread=multi,tb-size=512")
        .containsSequence("-cpu", "Nehalem")
        .containsSequence("-smp", "2", "-m", "1024")
        .containsSequence("-object", "memory-backend-file,id=mem,size=1024M,mem-path=ram,share=on")
        .containsSequence("-kernel", "kernel", "-initrd", "initrd", "-append", "root=/dev/vda")
        .contains("-nodefaults", "-no-user-config")
        .doesNotContain("-incoming", "-no-reboot");
  }

  @Test
  void resumesWithPrivateMemoryAndDoublesCommas() {
    List<String> argv = new CommandLine(tcg).build(plan("/a,b/ram", true, false));
    assertThat(argv)
        .containsSequence(
            "-object", "memory-backend-file,id=mem,size=1024M,mem-path=/a,,b/ram,share=off")
        .containsSequence("-incoming", "defer")
        .contains("-no-reboot");
  }

  @Test
  void theNetworkIsClosedButForLoopback() {
    String network =
        new CommandLine(tcg)
            .build(plan("ram", false, false)).stream()
                .filter(a -> a.startsWith("user,"))
                .findFirst()
                .orElseThrow();
    assertThat(network)
        .contains("restrict=on", "net=192.168.127.0/24", "dhcpstart=192.168.127.15")
        .contains("hostfwd=tcp:127.0.0.1:0-192.168.127.15:22");
  }

  @Test
  void aWayOutAndAnotherNetworkAreWritten() {
    List<String> argv = new CommandLine(tcg).build(new Plan(OPEN, APPEND, "ram", false, false));
    assertThat(argv)
        .contains(
            "user,id=net0,ipv6=off,restrict=off,net=10.9.8.0/24,host=10.9.8.2,dns=10.9.8.3,"
                + "dhcpstart=10.9.8.15,hostfwd=tcp:127.0.0.1:0-10.9.8.15:22")
        .containsSequence("-append", "root=/dev/vda bakehouse.net=10.9.8");
    Plan firmware = new Plan(OPEN, Optional.empty(), "ram", false, false);
    assertThatThrownBy(() -> new CommandLine(tcg).build(firmware))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("10.9.8.0/24");
  }

  @Test
  void hardwareUsesTheHostsCpu() {
    Qemu kvm = new Qemu(Path.of("/usr/bin/qemu"), Arch.X86_64, "7.2.22", "kvm");
    assertThat(new CommandLine(kvm).build(plan("ram", false, false)))
        .containsSequence("-accel", "kvm")
        .containsSequence("-cpu", "host");
  }

  @Test
  void theSignatureTellsMachinesApart() {
    String one = new CommandLine(tcg).signature(SHAPE, Optional.of("a"));
    assertThat(new CommandLine(tcg).signature(SHAPE, Optional.of("a"))).isEqualTo(one);
    assertThat(new CommandLine(tcg).signature(SHAPE, Optional.of("b"))).isNotEqualTo(one);
    assertThat(new CommandLine(tcg).signature(new Shape(1, 1024, 10), Optional.of("a")))
        .isNotEqualTo(one);
    for (Network other : List.of(OPEN.network(), new Network(true, VmSettings.SUBNET))) {
      Shape shape = new Shape(SHAPE.cpus(), SHAPE.memoryMb(), SHAPE.diskGb(), other);
      assertThat(new CommandLine(tcg).signature(shape, Optional.of("a"))).isNotEqualTo(one);
    }
    Qemu newer = new Qemu(Path.of("/usr/bin/qemu"), Arch.X86_64, "7.2.23", "tcg");
    assertThat(new CommandLine(newer).signature(SHAPE, Optional.of("a"))).isNotEqualTo(one);
  }

  private static Plan plan(String memory, boolean incoming, boolean reboot) {
    return new Plan(SHAPE, APPEND, memory, incoming, reboot);
  }
}
