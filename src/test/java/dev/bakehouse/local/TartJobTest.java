package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.vm.Trees;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Whole jobs of a real agent on a host whose hypervisor is Tart, by the stand-in.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class TartJobTest {
  @Test
  void jobsRunInResumedVmsOfTheirOwn(JobFixture fixture) throws Exception {
    String command = "echo on $(hostname) $OUTER; cat file.txt; echo in $HOME; pwd";
    Map<String, String> env = Map.of("OUTER", "out");
    Map<String, Result> results =
        fixture.run(
            List.of(
                new Step("one", command, env, Where.TART),
                new Step("two", command, env, Where.TART)));
    String one = results.get("one").log();
    String two = results.get("two").log();
    for (String log : List.of(one, two)) {
      assertThat(log)
          .contains("content", "in /Users/admin", "/Users/admin/builds/")
          .containsPattern("on host-t-[0-9a-f]{8} out")
          .doesNotContain("booting instead");
    }
    assertThat(vm(one)).matches("host-t-[0-9a-f]{8}").isNotEqualTo(vm(two));
    TartHost host = fixture.tart();
    assertThat(Trees.names(host.state().resolve("vms"))).allMatch(".lock"::equals);
    assertThat(host.vms())
        .as("the image and a template for each slot, nothing else")
        .hasSize(3)
        .filteredOn(name -> !name.startsWith("template-"))
        .containsExactly("mac");
  }

  private static String vm(String log) {
    return log.replaceFirst("(?s).*bakehouse: (host-t-[0-9a-f]{8}) runs the job.*", "$1");
  }
}
