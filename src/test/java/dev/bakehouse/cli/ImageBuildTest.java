package dev.bakehouse.cli;

import static dev.bakehouse.cli.ImageProject.NAME;
import static dev.bakehouse.cli.ImageProject.cat;
import static dev.bakehouse.cli.ImageProject.debugfs;
import static dev.bakehouse.cli.ImageProject.said;
import static dev.bakehouse.cli.ImageProject.sbin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse image ensure` of a project, with a real guest and a real registry.
@Tag("vm")
@Tag("registry")
class ImageBuildTest {
  @TempDir Path temp;
  private ImageProject project;
  private ImageStore store;

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(temp.resolve("project"));
    store = project.store;
  }

  @Test
  void builtPushedFoundAgainAndPulledElsewhere() throws Exception {
    store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    project.script(
        "scripts/bootstrap.sh",
        """
        test "$(id -un)" = admin
        test -d .git
        test ! -e .bakehouse
        sudo install -m 755 tools/greet /usr/local/bin/greet
        df --output=size -BM / | tail -1
        echo made here > ~/made""");
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      project.configure(registry.host(), "debian", "[greet, git]", 300);
      Outcome first = project.bakehouse("image", "ensure", "--plain-http");
      assertThat(first.status()).as(said(first)).isZero();
      assertThat(first.text()).isEqualTo(NAME);
      assertThat(said(first))
          .contains("decision: build", "bootstrap: ", "tool greet: ", "as 1.2.14, latest");
      clean(store.get(NAME));
      project.nothingIsLeft();

      Outcome second = project.bakehouse("image", "ensure", "--plain-http");
      assertThat(second.status()).isZero();
      assertThat(said(second))
          .contains("the local image has the registry's digest")
          .doesNotContain("building", "pulling", "pushing");

      Path other = temp.resolve("other");
      Outcome third =
          project.bakehouse("image", "ensure", "--plain-http", "--state", other.toString());
      assertThat(third.status()).as(said(third)).isZero();
      assertThat(said(third)).contains("pulling").doesNotContain("building");
      assertThat(new ImageStore(other.resolve("images")).get(NAME).content())
          .isEqualTo(store.get(NAME).content());
    }
  }

  @Test
  void aBrokenScriptLeavesItsLogAndNothingElse() throws Exception {
    store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    project.script("scripts/bootstrap.sh", "echo it goes wrong here; exit 3");
    project.configure("oci:" + temp.resolve("layout"), "debian", "[]", 300);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(said(outcome))
        .contains("bootstrap: scripts/bootstrap.sh ended with status 3", "(log: ");
    assertThat(project.log()).contains("it goes wrong here");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("debian");
    assertThat(temp.resolve("layout")).doesNotExist();
    project.nothingIsLeft();
  }

  @Test
  void aGuestWithoutSshIsGivenUpAtTheDeadline() throws Exception {
    Path deaf = ImageProject.copy(GuestImage.directory(), temp.resolve("deaf"));
    debugfs(deaf.resolve("disk.img"), "-w", "-R", "rm /usr/sbin/sshd");
    store.adopt("deaf", deaf, Map.of(), "test");
    project.script("scripts/bootstrap.sh", "true");
    project.configure("oci:" + temp.resolve("layout"), "deaf", "[]", 6);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(said(outcome))
        .contains("Could not build the image: ssh: ", "Gave up waiting for SSH to 127.0.0.1");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("deaf");
    project.nothingIsLeft();
  }

  /// What the image must and must not hold, read from its file system.
  private static void clean(LocalImage image) {
    Path disk = image.disk();
    Command.of(sbin("e2fsck"), "-f", "-n", disk.toString()).check();
    assertThat(cat(disk, "/home/admin/made")).isEqualTo("made here");
    assertThat(cat(disk, "/etc/machine-id")).isEqualTo("ba4e" + "0".repeat(28));
    assertThat(cat(disk, "/etc/hostname")).isEqualTo("bakehouse");
    assertThat(debugfs(disk, "-R", "ls -p /etc/ssh"))
        .contains("sshd_config")
        .doesNotContain("_key");
    assertThat(debugfs(disk, "-R", "ls -p /home/admin/.ssh")).doesNotContain("authorized_keys");
    assertThat(debugfs(disk, "-R", "ls -p /mnt")).doesNotContain("workspace");
    assertThat(debugfs(disk, "-R", "stats -h")).contains("Block count:              3145728");
  }
}
