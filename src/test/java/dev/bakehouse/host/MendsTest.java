package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the breaker tries before it probes.
class MendsTest {
  @TempDir Path dir;

  private HostSettings host(String store) throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("bakehouse.yml"),
            "host: {image: current, slots: 1, state: '%s'}\nvm: {hypervisor: qemu}\nimage: {store: %s}\n"
                .formatted(dir.resolve("state"), store));
    return HostSettings.read(file);
  }

  private static List<Breaker.Mend> mends(HostSettings host) {
    return Mends.of(host, new Reaper(host.state(), List.of(Jobs.hypervisor(host))));
  }

  @Test
  void whatADeadJobLeftIsEndedAndItsSlotIsFree() throws Exception {
    HostSettings host = host("{}");
    VmHome home = new VmHome(host.state());
    Identity dead = new Identity(Integer.MAX_VALUE, 1);
    BaseImage image = new BaseImage("current", dir, "sha256:1");
    home.publish(
        home.draft(),
        new VmRecord(
            "left", "qemu", image, new Shape(1, 64, 1), null, dead, false, Instant.now(), null));
    try (Lease lease = Jobs.slots(host).tryAcquire().orElseThrow()) {
      lease.bind("left");
      lease.leave();
    }
    assertThat(mends(host).getFirst().work().run()).containsExactly("ended the orphan left");
    assertThat(home.all()).isEmpty();
    try (Lease lease = Jobs.slots(host).tryAcquire().orElseThrow()) {
      assertThat(lease.slot()).isEqualTo(1);
    }
  }

  @Test
  void roomThatCanNotBeMadeWithinTheStoresRulesIsSaid() throws Exception {
    HostSettings host = host("{budget-gb: 0, reserve-gb: 0}");
    ImageStore store = new ImageStore(host.images());
    for (String name : List.of("current", "old")) {
      Path from = Files.createDirectories(dir.resolve(name));
      Files.write(from.resolve("disk.img"), new byte[4 << 20]);
      Files.writeString(from.resolve("config.json"), "{\"os\":\"linux\"}");
      store.adopt(name, from, Map.of(), "test");
    }
    assertThatThrownBy(() -> mends(host).getLast().work().run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("No room to run jobs");
    assertThat(store.list().stream().map(LocalImage::name)).contains("current", "old");
  }
}
