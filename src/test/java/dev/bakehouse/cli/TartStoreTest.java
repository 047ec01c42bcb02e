package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.tart.StandIn;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Bakehouse and `tart` in one directory do not surprise each other; `tart` is the stand-in.
@Tag("vm")
class TartStoreTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path dir;
  private StandIn standIn;
  private Path config;
  private String layout;
  private Path vms;

  @BeforeEach
  void install() throws IOException {
    standIn = StandIn.install(dir);
    vms = standIn.home().resolve("vms");
    config =
        Files.writeString(
            dir.resolve("bakehouse.yml"),
            "host: {state: '" + dir.resolve("state") + "'}\nvm: {hypervisor: tart}\n");
    layout = "oci:" + dir.resolve("layout") + ":v1";
    push();
    fine("pull", layout, "--name", "base");
  }

  @Test
  void tartSeesImagesAndNothingElseOfOurs() throws IOException {
    fine("pin", "base");
    fine("tag", "base", "second");
    Path partial = Files.createDirectories(standIn.home().resolve("bakehouse/.pull-abc"));
    assertThat(tart("list")).containsExactly("base", "second");
    assertThat(partial).as("Tart sweeps its own directory only").exists();
    assertThat(vms.resolve(".work")).doesNotExist();
    assertThat(Files.isSameFile(vms.resolve("base/disk.img"), vms.resolve("second/disk.img")))
        .as("what `tart run` writes to one name must not change the other")
        .isFalse();

    fine("pull", layout, "--name", "third");
    for (String file : List.of("disk.img", "config.json", "nvram.bin")) {
      assertThat(Files.isSameFile(vms.resolve("base/" + file), vms.resolve("third/" + file)))
          .as("what `tart` writes to %s of one must not change the other", file)
          .isFalse();
    }
    fine("delete", "third");

    tart("clone", "base", "theirs");
    assertThat(Files.exists(vms.resolve("theirs/image.json"))).isFalse();
    assertThat(shown()).containsEntry("base", "pinned").containsEntry("theirs", "foreign");
    fine("prune", "--older-than", "0");
    assertThat(partial).doesNotExist();
    assertThat(tart("list")).containsExactly("base", "theirs");
    assertThat(fine("verify").text()).isEqualTo("base: whole");
  }

  @Test
  void whatTartMadeIsNotReplacedAndWhatItDeletedIsGone() {
    tart("clone", "base", "theirs");
    Outcome refused = image("pull", layout, "--name", "theirs");
    assertThat(refused.status()).isEqualTo(Exit.FAILED);
    assertThat(refused.complaint()).contains("is not an image of Bakehouse", "tart rename");
    assertThat(image("tag", "base", "theirs").complaint()).contains("is not an image of Bakehouse");
    assertThat(image("delete", "theirs").complaint()).contains("There is no image `theirs`");
    assertThat(tart("list")).containsExactly("base", "theirs");

    fine("pin", "base");
    tart("rename", "base", "renamed");
    assertThat(shown()).containsEntry("renamed", "pinned").doesNotContainKey("base");
    tart("clone", "theirs", "renamed");
    assertThat(shown()).as("Tart replaces without a word").containsEntry("renamed", "foreign");
    tart("delete", "renamed");
    assertThat(shown()).doesNotContainKey("renamed");
    fine("pull", layout, "--name", "renamed");
    assertThat(shown()).as("no stale pin").containsEntry("renamed", "image");
  }

  @Test
  void whatRunsOrHasVmsStays() throws IOException {
    fine("tag", "base", "second");
    Path running = vms.resolve("second/config.json");
    try (FileChannel channel = FileChannel.open(running, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      assertThat(image("delete", "second").complaint()).contains("runs as a VM", "tart stop");
      assertThat(image("pull", layout, "--name", "second", "--force-refresh").complaint())
          .contains("runs as a VM");
      assertThat(fine("prune", "--older-than", "0", "--dry-run").text()).isEqualTo("base");
    }
    Outcome made =
        bakehouse("vm", "create", "one", "--image", "base", "--config", config.toString());
    assertThat(made.status()).as(made.complaint()).isZero();
    assertThat(tart("list")).containsExactly("base", "one", "second");
    assertThat(shown()).as("our VM is neither image nor foreign").doesNotContainKey("one");
    assertThat(image("delete", "base").complaint()).contains("in use by a VM or template");
    Outcome gone = bakehouse("vm", "delete", "one", "--config", config.toString());
    assertThat(gone.status()).as(gone.complaint()).isZero();
    fine("delete", "base", "second");
    assertThat(tart("list")).isEmpty();
  }

  private void push() throws IOException {
    Path none = Path.of("/nonexistent");
    ImageStore source = new ImageStore(dir.resolve("source"));
    Path vm = Files.createDirectories(dir.resolve("vm"));
    byte[] disk = new byte[1 << 20];
    new Random(1).nextBytes(disk);
    Files.write(vm.resolve("disk.img"), disk);
    Files.writeString(
        vm.resolve("config.json"),
        """
        {"os":"linux","arch":"amd64","standin":{"diskBytes":1048576}}
        """);
    Files.write(vm.resolve("nvram.bin"), "nvram".getBytes(StandardCharsets.UTF_8));
    LocalImage _ = source.adopt("image", vm, Map.of(), "test");
    Repositories repositories =
        new Repositories(
            new Credentials(Map.of(), none, none, none, List.of()), true, dir.resolve("up"));
    PrintStream nobody = new PrintStream(OutputStream.nullOutputStream());
    Digest _ =
        new Transfer(source, repositories, new Log(nobody))
            .push("image", Reference.parse(layout), List.of("v1"));
  }

  /// Each name with `pinned`, `foreign` or `image`.
  private Map<String, String> shown() {
    Map<String, String> all = new TreeMap<>();
    for (JsonNode one : JSON.readTree(fine("list", "--json").out())) {
      String kind = one.path("pinned").asBoolean() ? "pinned" : "image";
      String name = one.path("name").asString();
      all.put(name, one.path("foreign").asBoolean() ? "foreign" : kind);
    }
    return all;
  }

  /// @return the names it lists, for `list`
  private List<String> tart(String... args) {
    List<String> words = new ArrayList<>(List.of(standIn.bin().resolve("tart").toString()));
    words.addAll(List.of(args));
    boolean list = args[0].equals("list");
    if (list) {
      words.addAll(List.of("--format", "json"));
    }
    Outcome outcome = Command.of(words).check();
    List<String> names = new ArrayList<>();
    if (list) {
      JSON.readTree(outcome.out()).forEach(vm -> names.add(vm.path("Name").asString()));
    }
    return names.stream().sorted().toList();
  }

  private Outcome fine(String... args) {
    Outcome outcome = image(args);
    assertThat(outcome.status()).as("%s: %s", args[0], outcome.complaint()).isZero();
    return outcome;
  }

  private Outcome image(String... args) {
    List<String> all = new ArrayList<>(List.of("image"));
    all.addAll(List.of(args));
    all.addAll(List.of("--config", config.toString()));
    return bakehouse(all.toArray(String[]::new));
  }

  private Outcome bakehouse(String... args) {
    Command command = Command.of(Self.argv(args)).in(dir);
    for (var variable : standIn.environment().entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    return command.run();
  }
}
