package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("vm")
class AcceleratorsTest {
  private static final String PATH = System.getenv("PATH");

  @TempDir Path dir;

  @Test
  void softwareRunsTheProbeGuest() throws Exception {
    Path payload = Files.write(dir.resolve("probe.img"), Arch.host().payload());
    Path binary = Qemu.find(Arch.host().binary, PATH);
    assertThat(Accelerators.probe(binary, Arch.host(), "tcg", payload)).isEqualTo("works");
    Files.write(payload, new byte[512]);
    assertThat(Accelerators.probe(binary, Arch.host(), "no-such-accelerator", payload))
        .startsWith("ended with");
  }

  @Test
  void theAnswerIsKeptForThisEmulatorOnly() throws Exception {
    Path real = Qemu.find(Arch.host().binary, PATH);
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Path counter = dir.resolve("runs");
    Path fake = bin.resolve(Arch.host().binary);
    Files.writeString(fake, "#!/bin/sh\necho run >> " + counter + "\nexec " + real + " \"$@\"\n");
    Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(bin.resolve("qemu-img"), Qemu.find("qemu-img", PATH));
    Qemu first = Qemu.detect(dir.resolve("state"), bin.toString());
    long runs = Files.readAllLines(counter).size();
    assertThat(runs).isGreaterThan(1);
    assertThat(first.version()).matches("[0-9.]+");
    assertThat(Qemu.detect(dir.resolve("state"), bin.toString())).isEqualTo(first);
    assertThat(Files.readAllLines(counter)).hasSize((int) runs);
    Files.setLastModifiedTime(fake, FileTime.fromMillis(1000));
    Qemu.detect(dir.resolve("state"), bin.toString());
    assertThat(Files.readAllLines(counter)).hasSize((int) (2 * runs));
  }

  @Test
  void anEmulatorThatRunsNoGuestIsToldWithEveryAnswer() throws Exception {
    Path broken = dir.resolve("qemu");
    Files.writeString(broken, "#!/bin/sh\necho broken >&2\nexit 3\n");
    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThatThrownBy(() -> Accelerators.choose(broken, Arch.host(), dir))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tcg: ended with 3 broken");
  }
}
