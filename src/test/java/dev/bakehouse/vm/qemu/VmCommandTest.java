package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cli.Main;
import dev.bakehouse.vm.Vm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse vm …` with the boot-sector guest.
@Tag("vm")
class VmCommandTest {
  @TempDir Path dir;

  @AfterEach
  void end() {
    QemuHypervisor qemu = new QemuHypervisor(dir.resolve("state"));
    qemu.list().forEach(vm -> qemu.find(vm.name()).ifPresent(Vm::destroy));
  }

  @Test
  void aVmsWholeLife() throws Exception {
    String image = Ticker.image(dir.resolve("ticker")).directory().toString();
    List<String> small =
        List.of("--image", image, "--cpus", "1", "--memory-mb", "32", "--disk-gb", "0");
    assertThat(vm(with(small, "create", "one"))).isZero();
    assertThat(vm("run", "one")).isZero();
    JsonNode one = list().get(0);
    assertThat(one.propertyNames())
        .isEqualTo(Set.of("name", "state", "image", "owner", "slot", "pid", "started"));
    assertThat(one.path("state").asString()).isEqualTo("running");
    assertThat(one.path("slot").asInt()).isEqualTo(1);
    assertThat(out("ip", "one")).matches("127\\.0\\.0\\.1 [0-9]+\\R");
    assertThat(vm(with(small, "run", "two"))).isZero();
    assertThat(vm(with(small, "run", "three", "--wait", "0"))).as("only two slots").isEqualTo(1);
    assertThat(vm("clone", "one", "copy")).as("one runs").isEqualTo(1);
    assertThat(vm("snapshot", "one", "warm")).isZero();
    assertThat(vm("clone", "warm", "one")).isZero();
    assertThat(vm("run", "one")).isZero();
    Ticker.await(dir.resolve("state/vms/one/console.log"), 2);
    assertThat(vm("stop", "one", "--grace", "0")).isZero();
    assertThat(vm("snapshot", "one", "cold")).isZero();
    assertThat(vm("reset", "two")).isZero();
    assertThat(list().findValuesAsString("state")).containsExactly("created", "stopped", "created");
    for (String name : List.of("one", "two", "cold")) {
      assertThat(vm("delete", name)).isZero();
    }
    assertThat(list()).isEmpty();
    assertThat(vm("delete", "one")).isEqualTo(1);
  }

  private JsonNode list() throws IOException {
    return JsonMapper.builder().build().readTree(out("list", "--json"));
  }

  private String out(String... args) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      assertThat(vm(args)).isZero();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private int vm(String... args) {
    List<String> all = new ArrayList<>(List.of("vm", args[0]));
    all.addAll(List.of("--state", dir.resolve("state").toString()));
    all.addAll(List.of(args).subList(1, args.length));
    return Main.run(all.toArray(String[]::new));
  }

  private static String[] with(List<String> more, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(more);
    return all.toArray(String[]::new);
  }
}
