package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The commands that change and show what hosts run, as processes.
class RolloutCommandTest {
  @TempDir Path dir;
  private ImageProject project;
  private Map<String, String> environment = Map.of();

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(dir.resolve("project"));
    project.store.adopt("a", DiskFixture.make(dir.resolve("disk"), 3), Map.of(), "test");
    JsonNode keys = json("image", "rollout", "keygen", "--out", dir.resolve("key").toString());
    Files.writeString(
        project.root.resolve("bakehouse.yml"),
        """
        host: {name: oven-b}
        image:
          registry: oci:%s
          name: image
          release: 15
          arch: arm64
          rollout: {key-file: %s, public-key: %s}
        """
            .formatted(
                dir.resolve("layout"), dir.resolve("key"), keys.path("publicKey").asString("")));
    for (String tag : List.of("1.0", "2.0")) {
      ok("image", "push", "a", "oci:" + dir.resolve("layout/image") + ":" + tag);
    }
  }

  @Test
  void promotedShownDistributedAndRolledBack() {
    JsonNode first = json("image", "promote", "1.0", "--reason", "the first");
    assertThat(first.at("/document/serial").asInt()).isEqualTo(1);
    assertThat(first.at("/document/percent").asInt()).isEqualTo(10);
    assertThat(first.at("/host/in").asBoolean()).isFalse();
    JsonNode second = json("image", "promote", "1.0", "--canary", "oven-b", "--percent", "20");
    assertThat(second.at("/host/why").asString()).contains("canary");
    assertThat(json("image", "promote", "1.0").at("/document/percent").asInt()).isEqualTo(50);
    assertThat(json("image", "distribute", "2.0").at("/document/prefetch").properties()).hasSize(1);
    assertThat(ok("image", "rollout").text())
        .contains("serial 4", "current    1.0", "at 50 %", "distribute oci:", "this host  oven-b")
        .contains("in force   configured image");
    assertThat(json("image", "rollback").at("/document/current").isNull()).isTrue();
    assertThat(ok("image", "rollback").text()).contains("current    none");
    assertThat(said("image", "rollback", "--further")).contains("nothing to roll back");
    assertThat(said("image", "distribute", "3.0")).contains("it is not there");
    assertThat(said("image", "distribute", "1.0", "--remove")).contains("not on the list");
    assertThat(said("image", "promote", "1.0", "--percent", "101")).contains("1 to 100");
    assertThat(said("image", "promote", "oci:elsewhere:1")).contains("does not lie in");
  }

  @Test
  void aJobOfAnotherBranchChangesNothing() {
    environment =
        Map.of("BUILDKITE_BRANCH", "feature", "BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main");
    assertThat(said("image", "promote", "1.0")).contains("must not change what hosts run");
    environment =
        Map.of(
            "BUILDKITE_BRANCH",
            "main",
            "BUILDKITE_PULL_REQUEST",
            "7",
            "BUILDKITE_PIPELINE_DEFAULT_BRANCH",
            "main");
    assertThat(said("image", "rollback")).contains("must not change what hosts run");
    assertThat(said("image", "distribute", "1.0")).contains("must not change what hosts run");
    environment = Map.of();
    assertThat(said("image", "rollout")).contains("has no rollout document");
  }

  @Test
  void withoutAKeyNothingIsSignedAndWithoutAPublicOneNothingIsBelieved() throws IOException {
    Files.delete(dir.resolve("key"));
    assertThat(said("image", "promote", "1.0")).contains("Could not read the rollout's key");
    Path config = project.root.resolve("bakehouse.yml");
    String text = Files.readString(config);
    Files.writeString(config, text.replaceAll("public-key: [^}]*", "public-key: nonsense"));
    assertThat(said("image", "rollout")).contains("`image.rollout` can not be used", "keygen");
    Files.writeString(config, text.replaceAll("(?m)^  rollout:.*$", ""));
    assertThat(said("image", "promote", "1.0")).contains("There is no public key");
    assertThat(said("image", "rollout")).contains("No rollout is followed here");
  }

  private JsonNode json(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--json");
    return new JsonMapper().readTree(ok(all.toArray(String[]::new)).text());
  }

  private Outcome ok(String... arguments) {
    Outcome outcome = run(arguments);
    assertThat(outcome.status()).as(ImageProject.said(outcome)).isZero();
    return outcome;
  }

  /// What a refused command says.
  private String said(String... arguments) {
    Outcome outcome = run(arguments);
    String text = new String(outcome.err(), StandardCharsets.UTF_8);
    assertThat(outcome.status()).as(text).isEqualTo(Exit.FAILED);
    assertThat(text).doesNotContain("\tat ", "internal fault");
    return text;
  }

  private Outcome run(String... arguments) {
    Command command =
        Command.of(Self.argv(arguments))
            .in(project.root)
            .env("BUILDKITE_BRANCH", null)
            .env("MACOS_RELEASE", null);
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    return command.run();
  }
}
