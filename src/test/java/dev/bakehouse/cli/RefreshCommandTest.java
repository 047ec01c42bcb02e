package dev.bakehouse.cli;

import static dev.bakehouse.cli.ImageProject.said;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.LayoutRepository;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.vm.GuestImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A refresh with real guests: one is built, another is tried.
@Tag("vm")
class RefreshCommandTest {
  @TempDir Path temp;

  @Test
  void builtTriedInAFreshVmRolledOutAndNextTimeRefused() throws Exception {
    ImageProject project = new ImageProject(temp.resolve("project"));
    project.store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    project.script("scripts/bootstrap.sh", "echo made | sudo tee /etc/made");
    Outcome keys = project.bakehouse("image", "rollout", "keygen", "--json", "--out", "../key");
    String key = new JsonMapper().readTree(keys.text()).path("publicKey").asString();
    String rollout =
        "  rollout: {key-file: ../key, public-key: '%s', step-minutes: 0}\n".formatted(key);
    Path layout = temp.resolve("layout");
    project.configure(
        "oci:" + layout,
        "debian",
        "[]",
        300,
        rollout + "  smoke: ['test \"$(cat /etc/made)\" = made', 'git --version']\n");
    Outcome first = project.bakehouse("image", "refresh", "--json");
    assertThat(first.status()).as(said(first)).isZero();
    JsonNode end = new JsonMapper().readTree(first.text());
    assertThat(end.path("standing").asString()).isEqualTo("up-to-date");
    assertThat(said(first))
        .contains("building", "smoke: git --version: passed", "at 10 %", "at 100 %");
    LayoutRepository repository =
        new LayoutRepository(layout.resolve(ImageProject.NAME.replace("-1.2.14", "")));
    assertThat(repository.tags().stream().filter(tag -> !tag.startsWith("chunks-")))
        .hasSize(4)
        .contains("1.2.14", "latest", "rollout");

    project.configure(
        "oci:" + layout,
        "debian",
        "[]",
        300,
        rollout + "  smoke: ['test -e /etc/made', 'test -e /etc/more']\n");
    Files.writeString(project.root.resolve("tools/further"), "an input");
    Outcome second = project.bakehouse("image", "refresh");
    assertThat(second.status()).as(said(second)).isEqualTo(Exit.FAILED);
    assertThat(second.text()).contains("failed: ", "test -e /etc/more` ended with status 1");
    assertThat(repository.tags().stream().filter(tag -> !tag.startsWith("chunks-")))
        .hasSize(6)
        .anyMatch(tag -> tag.startsWith("failed-"));
    assertThat(project.bakehouse("image", "refresh").text()).contains("failed before");
    assertThat(project.bakehouse("image", "rollout").text()).contains("serial 5", "at 100 %");
    project.nothingIsLeft();
  }
}
