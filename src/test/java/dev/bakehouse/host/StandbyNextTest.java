package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.job.Demand;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandbyNextTest {
  @TempDir Path dir;
  private HostSettings host;

  @BeforeEach
  void make() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        """
        host: {image: usual, other-images: {other: '', absent: ''}, state: '%s/state'}
        vm: {hypervisor: qemu}
        """
            .formatted(dir));
    host = HostSettings.read(config);
    Path from = Files.createDirectories(dir.resolve("from"));
    Files.writeString(from.resolve("disk.img"), "disk");
    Files.writeString(from.resolve("config.json"), "{}");
    for (String name : new String[] {"usual", "other", "replaced"}) {
      new ImageStore(host.images()).adopt(name, from, Map.of(), "test");
    }
    Files.createDirectories(host.state());
  }

  private HostSettings next() {
    return Standby.next(Standby.offers(host, Jobs.hypervisor(host))).host();
  }

  private String after(String... wanted) {
    for (String name : wanted) {
      Demand.of(host).note(name);
    }
    return next().image();
  }

  @Test
  void whatMostJobsWantedOfTheImagesOfThisHost() {
    assertThat(after()).isEqualTo("usual");
    assertThat(after("other", "usual", "other")).isEqualTo("other");
  }

  @Test
  void anImageThatARolloutReplacedStandsForTheHostsOwn() {
    assertThat(after("replaced", "replaced", "other")).isEqualTo("usual");
    assertThat(next()).isSameAs(host);
  }

  @Test
  void oneThatIsNotHereIsNotWaitedFor() {
    assertThat(after("absent", "absent")).isEqualTo("usual");
  }
}
