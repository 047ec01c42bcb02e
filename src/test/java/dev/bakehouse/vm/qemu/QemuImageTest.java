package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Real VMs with a full guest image: the directory named by the property or variable
/// `bakehouse.test.image` (`BAKEHOUSE_TEST_IMAGE`).
@Tag("vm")
class QemuImageTest {
  private static final Duration BOOT = Duration.ofMinutes(3);
  private static final Shape SHAPE = new Shape(1, 1024, 20);

  @TempDir Path state;
  private QemuHypervisor qemu;
  private BaseImage image;

  @BeforeEach
  void make() {
    image = new BaseImage("guest", GuestImage.directory(), "test-image");
    qemu = new QemuHypervisor(state);
  }

  @AfterEach
  void end() {
    qemu.list().forEach(vm -> qemu.find(vm.name()).ifPresent(Vm::destroy));
  }

  @Test
  void bootsToItsControlProgramAndResumesThere() throws Exception {
    Vm vm = qemu.create("one", image, SHAPE);
    vm.start(Owner.PIPE);
    awaitGuestProgram("one");
    Template template = qemu.suspend(vm, "key");
    assertThat(allocated(template.directory().resolve("ram"))).isLessThan(600);
    Vm again = qemu.createFrom("two", template);
    again.start(Owner.PIPE);
    awaitGuestProgram("two");
    again.control(new byte[0]).close();
    again.destroy();
    assertThat(entries(state.resolve("cache/boot"))).containsExactly("test-image");
    Vm third = qemu.create("three", image, SHAPE);
    third.start(Owner.PIPE);
    third.shutdown(Duration.ofSeconds(2));
    assertThat(third.running()).isFalse();
  }

  @Test
  void aGuestWithABrokenInitrdIsToldByItsConsole() throws Exception {
    Vm vm = qemu.create("one", image, SHAPE);
    Path initrd = state.resolve("vms/one/initrd");
    Files.delete(initrd);
    Files.writeString(initrd, "junk");
    vm.start(Owner.PIPE);
    Poll.until("the panic", BOOT, () -> Optional.of(1).filter(_ -> !vm.running()));
    assertThatThrownBy(() -> vm.control(new byte[0]))
        .hasMessageContaining("is not running")
        .hasMessageContaining("Kernel panic");
  }

  /// QEMU tells whether a program in the guest holds the port open.
  private void awaitGuestProgram(String name) {
    QemuProcess process = new QemuProcess(state.resolve("vms").resolve(name), Optional.empty());
    Poll.until(
        "the guest program of " + name,
        BOOT,
        () -> {
          try (Qmp qmp = process.ask()) {
            for (JsonNode chardev : qmp.execute("query-chardev")) {
              if (chardev.path("label").asString().equals("ctl")
                  && chardev.path("frontend-open").asBoolean()) {
                return Optional.of(name);
              }
            }
            return Optional.empty();
          }
        });
  }

  /// In MB.
  private static long allocated(Path file) {
    String text = Command.of("du", "-m", file.toString()).check().text();
    return Long.parseLong(text.split("\\s")[0]);
  }

  private static List<String> entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(p -> p.getFileName().toString()).toList();
    }
  }
}
