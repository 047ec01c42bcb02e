package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse image list|show|pin|tag|prune|verify|history|delete`, each by a process of its own.
class ImageStoreCommandTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path dir;
  private ImageStore store;

  @BeforeEach
  void make() throws IOException {
    store = new ImageStore(dir.resolve("images"));
    adopt("bun-1.2.13");
    adopt("bun-1.2.14");
  }

  @Test
  void aStoreIsShownChangedPrunedAndItsHistoryTold() throws IOException {
    fine("pin", "bun-1.2.13");
    fine("tag", "bun-1.2.14", "latest");
    Files.createDirectories(store.root().resolve("theirs"));
    JsonNode list = json("list");
    assertThat(list.size()).isEqualTo(4);
    assertThat(list.get(0).path("pinned").asBoolean()).isTrue();
    assertThat(list.get(1).path("bytes").asLong()).isGreaterThanOrEqualTo(1 << 20);
    assertThat(list.get(3).path("name").asString()).isEqualTo("theirs");
    assertThat(list.get(3).path("foreign").asBoolean()).isTrue();
    assertThat(fine("list").text()).contains("bun-1.2.13 ", "pinned", "theirs", "not made by");
    assertThat(json("show", "latest").path("source").asString()).isEqualTo("test");

    JsonNode dry = json("prune", "--space-budget", "0", "--dry-run");
    assertThat(dry.path("deleted").size()).isEqualTo(2);
    assertThat(dry.path("freed").asLong()).isGreaterThanOrEqualTo(1 << 20);
    assertThat(dry.path("kept").path("bun-1.2.13").asString()).isEqualTo("pinned");
    assertThat(store.list()).hasSize(3);
    JsonNode pruned = json("prune", "--space-budget", "0");
    assertThat(pruned.path("deleted")).isEqualTo(dry.path("deleted"));
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("bun-1.2.13");

    JsonNode events = json("history", "latest");
    assertThat(events.size()).isEqualTo(2);
    assertThat(events.get(0).path("what").asString()).isEqualTo("tagged bun-1.2.14");
    assertThat(events.get(1).path("what").asString()).isEqualTo("pruned");
    assertThat(events.get(1).path("by").asString()).endsWith(": image prune");
    assertThat(fine("history").text()).contains("pinned", "imported", "image tag");
    assertThat(image("pin", "--remove", "bun-1.2.13").status()).isZero();
    fine("delete", "bun-1.2.13");
    assertThat(store.list()).isEmpty();
  }

  @Test
  void whatIsDoneToAnImportedDirectoryDoesNotTouchTheImage() throws IOException {
    Path theirs = Files.createDirectories(dir.resolve("theirs"));
    Path real = theirs.resolve("real.img");
    Files.write(real, new byte[8192]);
    Files.createSymbolicLink(theirs.resolve("disk.img"), Path.of("real.img"));
    Files.writeString(theirs.resolve("config.json"), "{\"os\":\"linux\",\"arch\":\"amd64\"}");
    fine("import", "linked", theirs.toString());
    Files.delete(theirs.resolve("disk.img"));
    Files.move(real, theirs.resolve("disk.img"));
    fine("import", "plain", theirs.toString());
    Files.writeString(theirs.resolve("disk.img"), "X");
    for (String name : List.of("linked", "plain")) {
      assertThat(store.get(name).disk()).as(name).isRegularFile().hasSize(8192);
      assertThat(Files.isSymbolicLink(store.get(name).disk())).isFalse();
      assertThat(fine("verify", name).status()).isZero();
    }
    assertThat(image("import", "--help").text().replaceAll("\\s+", " "))
        .contains("symbolic link is followed");
  }

  @Test
  void whatIsUsedIsShownAndNeitherDeletedNorPruned() {
    try (ImageLease _ = store.lease("bun-1.2.13", "a test").orElseThrow()) {
      assertThat(json("show", "bun-1.2.13").path("use").asString()).startsWith("a test, process ");
      assertThat(image("delete", "bun-1.2.13").complaint()).contains("in use: a test, process ");
      assertThat(json("prune", "--older-than", "0").path("kept").path("bun-1.2.13").asString())
          .startsWith("a test");
    }
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("bun-1.2.13");
  }

  @Test
  void theHostsImageIsNotPrunedAndItsLimitsHold() throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {state: '%s', image: bun-1.2.13}\nimage: {store: {budget-gb: 0}}\n".formatted(dir));
    Outcome pruned = bakehouse("image", "prune", "--json", "--config", config.toString());
    assertThat(pruned.status()).as(pruned.complaint()).isZero();
    assertThat(JSON.readTree(pruned.out()).path("kept").path("bun-1.2.13").asString())
        .contains("host.image");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("bun-1.2.13");
    Files.writeString(config, "image: {store: {budget: 5}}\n");
    assertThat(bakehouse("image", "list", "--config", config.toString()).complaint())
        .contains("bakehouse.yml:1", "unknown key `image.store.budget`", "budget-gb");
  }

  @Test
  void aDamagedImageIsNamedAndCanNotBeRepairedFromNowhere() throws IOException {
    assertThat(fine("verify", "--all").text()).contains("bun-1.2.13: whole");
    try (RandomAccessFile disk =
        new RandomAccessFile(store.get("bun-1.2.14").disk().toFile(), "rw")) {
      disk.write(new byte[8]);
    }
    Outcome damaged = image("verify", "--repair", "--json");
    assertThat(damaged.status()).isEqualTo(Exit.FAILED);
    JsonNode one = JSON.readTree(damaged.out()).get(1);
    assertThat(one.path("ok").asBoolean()).isFalse();
    assertThat(one.path("repaired").asBoolean()).isFalse();
    assertThat(image("verify", "--repair", "bun-1.2.14").text())
        .contains("DAMAGED", "not repaired: ", "never pulled or pushed");
    Files.delete(store.root().resolve("bun-1.2.13/image.json"));
    assertThat(image("verify").text()).contains("bun-1.2.13: DAMAGED: image.json is missing");
  }

  @Test
  void badInputIsAnswered() {
    for (String verb : List.of("show", "pin", "verify", "delete", "history")) {
      Outcome outcome = image(verb, "bun-1.2.41");
      assertThat(outcome.status()).as(verb).isEqualTo(Exit.FAILED);
      assertThat(outcome.complaint())
          .as(verb)
          .contains("There is no image `bun-1.2.41`", "near: ", "`bun-1.2.14`");
    }
    assertThat(image("tag", "bun-1.2.41", "x").complaint()).contains("near: ", "`bun-1.2.14`");
    assertThat(image("tag", "bun-1.2.14", "../x").complaint()).contains("can not be the name");
    assertThat(image("verify", "--all", "bun-1.2.14").complaint()).contains("one of the two");
    assertThat(image("prune").complaint()).contains("nothing says what may go");
    assertThat(image("prune", "--older-than", "-1").complaint()).contains("-1 is no limit");
  }

  private void adopt(String name) throws IOException {
    Path vm = Files.createTempDirectory(dir, "vm");
    byte[] disk = new byte[1 << 20];
    new Random().nextBytes(disk);
    Files.write(vm.resolve("disk.img"), disk);
    Files.writeString(vm.resolve("config.json"), "{}");
    LocalImage _ = store.adopt(name, vm, Map.of(), "test");
    dev.bakehouse.platform.Directories.delete(vm);
  }

  private JsonNode json(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--json");
    return JSON.readTree(fine(all.toArray(String[]::new)).out());
  }

  private Outcome fine(String... args) {
    Outcome outcome = image(args);
    assertThat(outcome.status()).as("%s: %s", args[0], outcome.complaint()).isZero();
    return outcome;
  }

  private Outcome image(String... args) {
    List<String> all = new ArrayList<>(List.of("image", args[0], "--state", dir.toString()));
    all.addAll(List.of(args).subList(1, args.length));
    return bakehouse(all.toArray(String[]::new));
  }

  private Outcome bakehouse(String... args) {
    return Command.of(Self.argv(args)).in(dir).run();
  }
}
