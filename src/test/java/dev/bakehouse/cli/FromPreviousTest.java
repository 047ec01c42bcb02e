package dev.bakehouse.cli;

import static dev.bakehouse.cli.ImageProject.NAME;
import static dev.bakehouse.cli.ImageProject.cat;
import static dev.bakehouse.cli.ImageProject.said;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.Manifest;
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

/// An image built upon the one before, in a real guest.
@Tag("vm")
class FromPreviousTest {
  private static final String HEAD =
      """
      if [ "${BAKEHOUSE_CHECKPOINT:-0}" -lt 1 ]; then
        echo head >> ~/ran
      fi
      # bakehouse: checkpoint
      """;

  @TempDir Path temp;

  @Test
  void onlyTheEndOfTheScriptRunsAgainAndSlicesAreShared() throws Exception {
    ImageProject project = new ImageProject(temp.resolve("project"));
    project.store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    Path layout = temp.resolve("layout");
    project.configure("oci:" + layout, "debian", "[]", 300, "  incremental: true\n");
    project.script("scripts/bootstrap.sh", HEAD + "echo one >> ~/ran");
    Outcome first = project.bakehouse("image", "ensure");
    assertThat(first.status()).as(said(first)).isZero();
    assertThat(cat(project.store.get(NAME).disk(), "/home/admin/ran")).isEqualTo("head\none");
    Manifest before = manifest(project);

    project.script("scripts/bootstrap.sh", HEAD + "echo two >> ~/ran");
    Outcome second = project.bakehouse("image", "ensure", "--why", "--json");
    assertThat(second.status()).as(said(second)).isZero();
    assertThat(said(second))
        .contains("why: " + NAME + ": made from other things (script: ")
        .contains("building " + NAME + " from " + NAME + " (checkpoint 1, 1 in a row)");
    String done = second.text().lines().toList().getLast();
    JsonNode changes = new JsonMapper().readTree(done).at("/differences/0/changes/0/what");
    assertThat(changes.asString()).isEqualTo("script");
    assertThat(cat(project.store.get(NAME).disk(), "/home/admin/ran")).isEqualTo("head\none\ntwo");
    assertThat(manifest(project).layers().stream().filter(before.layers()::contains).count())
        .as("layers of the one before")
        .isGreaterThan(10);

    Outcome third = project.bakehouse("image", "which", "--json");
    JsonNode which = new JsonMapper().readTree(third.text());
    assertThat(which.path("decision").asString()).isEqualTo("local");
    assertThat(which.at("/differences/0/same").asBoolean()).isTrue();
    project.nothingIsLeft();
  }

  private static Manifest manifest(ImageProject project) throws Exception {
    Path file = project.store.get(NAME).directory().resolve("manifest.json");
    return Manifest.parse(Files.readAllBytes(file), "the image's manifest");
  }
}
