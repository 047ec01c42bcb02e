package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse image ensure` of a project, with a real guest and a real registry.
@Tag("vm")
@Tag("registry")
class ImageBuildTest {
  private static final String ARCH =
      System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  private static final String NAME =
      "bun-build-macos" + (ARCH.equals("arm64") ? "" : "-15-amd64") + "-1.2.14";

  @TempDir Path temp;
  private Path project;
  private Path state;
  private ImageStore store;

  @BeforeEach
  void project() throws IOException {
    project = Files.createDirectories(temp.resolve("project"));
    state = project.resolve(".bakehouse");
    store = new ImageStore(state.resolve("images"));
    git("init", "-q", "-b", "main");
    git("remote", "add", "origin", "git@git.invalid:Org/Repo.git");
    Files.writeString(project.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.14\")\n");
    script("tools/greet", "echo hello from a staged tool");
  }

  @Test
  void builtPushedFoundAgainAndPulledElsewhere() throws Exception {
    store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    script(
        "scripts/bootstrap.sh",
        """
        test "$(id -un)" = admin
        test -d .git
        test ! -e .bakehouse
        sudo install -m 755 tools/greet /usr/local/bin/greet
        df --output=size -BM / | tail -1
        echo made here > ~/made""");
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      configure(registry.host(), "debian", "[greet, git]", 300);
      Outcome first = bakehouse("image", "ensure", "--plain-http");
      assertThat(first.status()).as(text(first.err())).isZero();
      assertThat(first.text()).isEqualTo(NAME);
      assertThat(text(first.err()))
          .contains("decision: build", "bootstrap: ", "tool greet: ", "as 1.2.14, latest");
      clean(store.get(NAME));
      nothingIsLeft();

      Outcome second = bakehouse("image", "ensure", "--plain-http");
      assertThat(second.status()).isZero();
      assertThat(text(second.err()))
          .contains("the local image has the registry's digest")
          .doesNotContain("building", "pulling", "pushing");

      Path other = temp.resolve("other");
      Outcome third = bakehouse("image", "ensure", "--plain-http", "--state", other.toString());
      assertThat(third.status()).as(text(third.err())).isZero();
      assertThat(text(third.err())).contains("pulling").doesNotContain("building");
      assertThat(new ImageStore(other.resolve("images")).get(NAME).content())
          .isEqualTo(store.get(NAME).content());
    }
  }

  @Test
  void aBrokenScriptLeavesItsLogAndNothingElse() throws Exception {
    store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    script("scripts/bootstrap.sh", "echo it goes wrong here; exit 3");
    configure("oci:" + temp.resolve("layout"), "debian", "[]", 300);
    Outcome outcome = bakehouse("image", "ensure");
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(text(outcome.err()))
        .contains("bootstrap: scripts/bootstrap.sh ended with status 3", "(log: ");
    assertThat(log()).contains("it goes wrong here");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("debian");
    assertThat(temp.resolve("layout")).doesNotExist();
    nothingIsLeft();
  }

  @Test
  void aGuestWithoutSshIsGivenUpAtTheDeadline() throws Exception {
    Path deaf = Files.createDirectories(temp.resolve("deaf"));
    Command.of("cp", "--sparse=always", "-r", GuestImage.directory() + "/.", deaf.toString())
        .check();
    debugfs(deaf.resolve("disk.img"), "-w", "-R", "rm /usr/sbin/sshd");
    store.adopt("deaf", deaf, Map.of(), "test");
    script("scripts/bootstrap.sh", "true");
    configure("oci:" + temp.resolve("layout"), "deaf", "[]", 6);
    Outcome outcome = bakehouse("image", "ensure");
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(text(outcome.err()))
        .contains("Could not build the image: ssh: ", "Gave up waiting for SSH", "after 6.0 s");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("deaf");
    nothingIsLeft();
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

  private void nothingIsLeft() throws IOException {
    QemuHypervisor qemu = new QemuHypervisor(state);
    assertThat(qemu.list()).isEmpty();
    try (var vms = Files.list(state.resolve("vms"))) {
      assertThat(vms.map(p -> p.getFileName().toString())).containsExactly(".lock");
    }
    Slots slots = new Slots(state.resolve("slots"), 1, new Reaper(state, List.of(qemu)));
    slots.tryAcquire().orElseThrow().close();
  }

  private String log() throws IOException {
    try (var logs = Files.list(state.resolve("logs"))) {
      return Files.readString(logs.findFirst().orElseThrow());
    }
  }

  private void configure(String registry, String base, String tools, int sshSeconds)
      throws IOException {
    Files.writeString(
        project.resolve("bakehouse.yml"),
        """
        host: {slots: 1}
        image:
          registry: %s
          arch: %s
          base: %s
          bootstrap-script: scripts/bootstrap.sh
          inputs: [tools]
          tools: %s
          size: {cpus: 1, memory-mb: 1024, disk-gb: 12}
          deadlines: {boot: 300, address: 300, ssh: %d}
        """
            .formatted(registry, ARCH, base, tools, sshSeconds));
  }

  private void script(String path, String body) throws IOException {
    Path file = project.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\nset -e\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Outcome bakehouse(String... args) {
    return Command.of(Self.argv(args))
        .in(project)
        .env("BUILDKITE_BRANCH", null)
        .env("MACOS_RELEASE", null)
        .env("TART_REGISTRY_USERNAME", "user")
        .env("TART_REGISTRY_PASSWORD", "any")
        .deadline(Duration.ofMinutes(10))
        .run();
  }

  private void git(String... args) {
    Command.of("git").and(args).in(project).check();
  }

  private static String cat(Path disk, String file) {
    return debugfs(disk, "-R", "cat " + file);
  }

  private static String debugfs(Path disk, String... args) {
    return Command.of(sbin("debugfs")).and(args).and(disk.toString()).check().text();
  }

  private static String sbin(String program) {
    Path path = Path.of("/usr/sbin", program);
    return Files.isExecutable(path) ? path.toString() : program;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
