package dev.bakehouse.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HypervisorsTest {
  @TempDir Path state;

  @Test
  void theNamedOneIsTakenAndLinuxHasQemu() {
    assertThat(of("tart").name()).isEqualTo("tart");
    assertThat(of("tart").templatePerSlot()).isTrue();
    assertThat(of("qemu").name()).isEqualTo("qemu");
    assertThat(Hypervisors.prefersTart("Linux", "aarch64")).isFalse();
    assertThat(Hypervisors.prefersTart("Mac OS X", "x86_64")).isFalse();
  }

  @Test
  void onlyTartHasAPlaceForImagesOfItsOwn() {
    assertThat(of("tart").imageStore().orElseThrow()).endsWithRaw(Path.of("vms"));
    assertThat(of("tart").image("no-such-image-here")).isEmpty();
    assertThat(of("qemu").imageStore()).isEmpty();
  }

  @Test
  void tartCanNotCutItsGuestsOff() {
    assertThat(of("qemu, network: isolated").name()).isEqualTo("qemu");
    assertThatThrownBy(() -> of("tart, network: isolated"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("vm.network: isolated");
  }

  private Hypervisor of(String name) {
    VmSettings settings = VmSettings.read(Yaml.parse("test", "{hypervisor: " + name + "}"));
    return Hypervisors.of(settings, state, Owner.PIPE);
  }
}
