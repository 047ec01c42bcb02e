package dev.bakehouse.vm.tart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each command's exact arguments, against a `tart` that writes them down and answers as told.
class TartTest {
  @TempDir Path dir;
  private Tart tart;

  @BeforeEach
  void record() throws IOException {
    String log = StandIn.quoted(dir.resolve("argv").toString());
    StandIn.script(
        dir.resolve("tart"),
        "echo \"$TART_NO_AUTO_PRUNE\" >> "
            + log
            + "; for word; do printf '%s\\n' \"$word\" >> "
            + log
            + "; done; cd "
            + StandIn.quoted(dir.toString())
            + "; cat out; cat err >&2; exit $(cat status)");
    answer(0, "", "");
    tart = Tart.onPath("/nowhere:" + dir);
  }

  private void answer(int status, String out, String err) throws IOException {
    Files.writeString(dir.resolve("out"), out);
    Files.writeString(dir.resolve("err"), err);
    Files.writeString(dir.resolve("status"), Integer.toString(status));
    Files.deleteIfExists(dir.resolve("argv"));
  }

  /// The arguments of all calls; pruning is off in each.
  private List<String> argv() throws IOException {
    List<String> lines = Files.readAllLines(dir.resolve("argv"));
    assertThat(lines.getFirst()).isEqualTo("1");
    return lines.subList(1, lines.size());
  }

  @Test
  void commandsHaveExactArguments() throws Exception {
    tart.cloneVm("image", "a b");
    assertThat(argv()).containsExactly("clone", "image", "a b");
    answer(0, "", "");
    tart.set("one", 2, 4096, Optional.of(60L));
    assertThat(argv())
        .containsExactly("set", "one", "--cpu", "2", "--memory", "4096", "--disk-size", "60");
    answer(0, "", "");
    tart.set("one", 2, 4096, Optional.empty());
    assertThat(argv()).containsExactly("set", "one", "--cpu", "2", "--memory", "4096");
    answer(0, "", "");
    tart.ip("one", Duration.ofSeconds(3), "arp");
    assertThat(argv()).containsExactly("ip", "one", "--wait", "3", "--resolver", "arp");
    answer(0, "", "");
    tart.exec("one", List.of("sh", "-c", "echo \"$1\"", "-", "it's")).run();
    assertThat(argv()).containsExactly("exec", "-i", "one", "sh", "-c", "echo \"$1\"", "-", "it's");
    answer(0, "", "");
    tart.stop("one", Duration.ofSeconds(5));
    assertThat(argv()).containsExactly("stop", "one", "--timeout", "5");
    answer(0, "", "");
    tart.suspend("one");
    assertThat(argv()).containsExactly("suspend", "one");
    answer(0, "", "");
    tart.delete("one");
    assertThat(argv()).containsExactly("delete", "one");
  }

  @Test
  void runIsHeadlessAndSuspendableOnlyWhereAsked() throws Exception {
    tart.run("one", false, Optional.empty()).run();
    assertThat(argv())
        .containsExactly(
            "run",
            "one",
            "--no-graphics",
            "--no-audio",
            "--no-clipboard",
            "--root-disk-opts",
            "sync=none");
    answer(0, "", "");
    tart.run("one", true, Optional.of(Path.of("/v/cache.img"))).run();
    assertThat(argv()).endsWith("--disk", "/v/cache.img:sync=none", "--suspendable");
  }

  @Test
  void listsOfAllVersionsAreRead() throws Exception {
    answer(
        0,
        """
        [{"Source":"local","Name":"a","Disk":50,"Size":21,"Accessed":"2026-08-01T10:00:00Z",
          "Running":true,"State":"running"},
         {"State":"suspended","Name":"b","SizeOnDisk":12,"Disk":50,"Source":"local","New":{"x":1}},
         {"Name":"c","Running":true}, {"Name":"d"}]
        """,
        "");
    assertThat(tart.list())
        .containsExactly(
            new TartVmState("a", "local", "", 50, "running"),
            new TartVmState("b", "local", "", 50, "suspended"),
            new TartVmState("c", "", "", 0, "running"),
            new TartVmState("d", "", "", 0, "stopped"));
    assertThat(argv()).containsExactly("list", "--source", "local", "--format", "json");
  }

  @Test
  void oneVmIsRead() throws Exception {
    answer(
        0,
        "{\"OS\":\"darwin\",\"CPU\":4,\"Memory\":8192,\"Disk\":80,\"DiskFormat\":\"raw\",\"Size\":\"12.3\",\"Running\":false,\"State\":\"stopped\"}",
        "");
    TartVmState state = tart.get("mac").orElseThrow();
    assertThat(argv()).containsExactly("get", "mac", "--format", "json");
    assertThat(state).isEqualTo(new TartVmState("", "", "darwin", 80, "stopped"));
    assertThat(state.suspendable()).isTrue();
    answer(2, "", "the specified VM \"mac\" does not exist");
    assertThat(tart.get("mac")).isEmpty();
  }

  @Test
  void answersThatAreNotJsonAreTold() throws Exception {
    answer(0, "Source Name Disk", "");
    assertThatThrownBy(() -> tart.list())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not JSON: Source Name Disk");
  }

  @Test
  void deletingWhatIsGoneIsFineDeletingWhatRunsIsNot() throws Exception {
    answer(2, "", "the specified VM \"one\" does not exist");
    tart.delete("one");
    answer(2, "", "VM \"one\" is running");
    assertThatThrownBy(() -> tart.delete("one")).hasMessageContaining("VM \"one\" is running");
  }

  @Test
  void complaintsHaveRemedies() {
    assertRemedy(1, "The number of VMs exceeds the system limit", "restart the host");
    assertRemedy(
        1,
        "The number of VMs exceeds the system limit (other running VMs: a, b)",
        "stop one of a, b");
    assertRemedy(2, "the specified VM \"x\" does not exist", "tart list");
    assertRemedy(2, "VM \"x\" is not running", "Start it");
    assertRemedy(2, "VM \"x\" is already running!", "Stop it first");
    assertRemedy(1, "Error Domain=VZErrorDomain Code=2 \"…\"", "macOS refused the VM");
    assertRemedy(1, "no IP address found, is your VM running?", "booted");
    assertRemedy(64, "Error: Unknown option '--resolver'", "2.28 or later");
  }

  private static void assertRemedy(int status, String complaint, String remedy) {
    UserError error = TartErrors.of("do it to x", status, complaint);
    assertThat(error).hasMessageContaining("Could not do it to x").hasMessageContaining(complaint);
    assertThat(error.remedy()).contains(remedy);
  }

  @Test
  void aMissingTartIsTold() {
    assertThatThrownBy(() -> Tart.onPath("/nowhere"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Tart is not installed");
  }
}
