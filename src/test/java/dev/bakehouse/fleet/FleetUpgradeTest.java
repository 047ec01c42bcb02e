package dev.bakehouse.fleet;

import static dev.bakehouse.fleet.ThreeHosts.NAMES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Processes.Identity;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("vm")
@Tag("agent")
class FleetUpgradeTest {
  @TempDir Path dir;

  @Test
  void hostsAreUpgradedOneAfterTheOtherAndABadReleaseStopsAtTheFirst() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")));
        ThreeHosts hosts = new ThreeHosts(dir, coordinator, "", "")) {
      assertThat(hosts.fleet("status").text())
          .containsPattern("(?m)^a +ready +0/1 +bakehouse-debian-12 ")
          .containsPattern("(?m)^c +ready ");
      assertThat(hosts.fleet("drain", "--only", "c", "--reason", "new disk").status()).isZero();
      // Of an upgrade that was killed.
      assertThat(
              hosts.fleet("drain", "--only", "b", "--reason", "upgrade to 0123456789ab").status())
          .isZero();
      List<String> before = NAMES.stream().map(hosts::daemon).toList();

      Outcome bad = hosts.fleet("upgrade", "--release", hosts.release("bad", "exit 3").toString());
      assertThat(bad.status()).as(ThreeHosts.error(bad)).isEqualTo(1);
      assertThat(bad.text())
          .containsPattern("(?m)^a +failed: install: ")
          .containsPattern("(?m)^b +.*not begun$")
          .containsPattern("(?m)^c +.*not begun$");
      assertThat(NAMES.stream().map(hosts::daemon)).isEqualTo(before);
      assertThat(hosts.current("a")).hasToString("releases/first");
      assertThat(hosts.away("a")).startsWith("drained");
      assertThat(hosts.fleet("undrain", "--only", "a").status()).isZero();

      Outcome good =
          hosts.fleet("upgrade", "--release", hosts.release("good", ": good").toString());
      assertThat(good.status()).as(ThreeHosts.error(good)).isZero();
      assertThat(good.text())
          .containsPattern("(?m)^c +[0-9a-f]{12}, and stays drained \\(new disk\\)");
      for (int n = 0; n < NAMES.size(); n++) {
        String name = NAMES.get(n);
        assertThat(hosts.current(name).toString()).matches("releases/[0-9a-f]{12}");
        assertThat(hosts.daemon(name)).isNotEqualTo(before.get(n));
        assertThat(Identity.parse(before.get(n)).flatMap(Identity::alive)).isEmpty();
        String away = hosts.away(name);
        assertThat(away).startsWith(name.equals("c") ? "drained" : "");
        assertThat(away.isEmpty()).isEqualTo(!name.equals("c"));
      }
      List<String> said = ThreeHosts.error(good).lines().toList();
      assertThat(said.indexOf("a: undrain")).isLessThan(said.indexOf("b: drain"));
      assertThat(hosts.fleet("undrain").status()).isZero();
    }
  }
}
