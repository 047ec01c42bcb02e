package dev.bakehouse.cli;

import static dev.bakehouse.cli.ImageProject.NAME;
import static dev.bakehouse.cli.ImageProject.said;
import static dev.bakehouse.cli.ImageProject.sbin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images of a base that has an sshd and the user `admin` with the password `admin`, and nothing of
/// ours: the test guest with our parts taken out and Debian's own put back.
@Tag("vm")
class PasswordBaseTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /// Tries the password on the guest's own sshd; says what came of it.
  private static final String TRY_PASSWORD =
      """
      printf '#!/bin/sh\\necho admin\\n' > /tmp/ask; chmod 700 /tmp/ask
      SSH_ASKPASS=/tmp/ask SSH_ASKPASS_REQUIRE=force ssh -F none -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
        admin@127.0.0.1 echo let in 2>&1 || true""";

  @TempDir Path temp;
  private ImageProject project;

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(temp.resolve("project"));
  }

  @Test
  void theImageKnowsTheGuestProgramAndKeysOnly() throws Exception {
    base("admin");
    project.script(
        "scripts/bootstrap.sh",
        "test \"$(id -un)\" = admin; test -x tools/greet; echo made here > ~/made\n"
            + TRY_PASSWORD);
    project.configure("oci:" + temp.resolve("layout"), "plain", "[git]", 300);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertThat(outcome.status()).as(said(outcome)).isZero();
    assertThat(said(outcome)).contains("the base has no guest program; logging in by password");
    assertThat(project.log()).contains("Permission denied").doesNotContain("let in");
    project.nothingIsLeft();

    LocalImage image = project.store.get(NAME);
    assertThat(ImageProject.cat(image.disk(), "/home/admin/made")).isEqualTo("made here");
    Command.of(sbin("e2fsck"), "-f", "-n", image.disk().toString()).check();
    QemuHypervisor qemu = new QemuHypervisor(project.state);
    Vm vm =
        qemu.create(
            "built",
            new BaseImage(NAME, image.directory(), image.content()),
            new Shape(1, 1024, 0));
    try {
      vm.start(Owner.PIPE);
      onlyKeysLogIn(vm);
    } finally {
      vm.destroy();
    }
  }

  private void onlyKeysLogIn(Vm vm) throws IOException {
    SshKey login = SshKey.create();
    Identity identity = Identity.fresh("built", "admin", login);
    try (Duplex channel = vm.control(GuestProgram.bytes());
        Control control = new Control(channel.in(), channel.out())) {
      control.hello(PATIENCE);
      control.identify(identity, PATIENCE);
      Endpoint at = vm.ssh(PATIENCE);
      Path dir = Files.createDirectories(temp.resolve("ssh"));
      SshTarget target =
          new SshTarget(
              at.host(),
              at.port(),
              "admin",
              login.save(dir.resolve("key")),
              identity.hostKey().publicLine());
      try (Ssh ssh = Ssh.open(target, List.of(), dir, PATIENCE)) {
        assertThat(ssh.exec(new byte[0], PATIENCE, "cat", "made").text()).isEqualTo("made here");
      }
      Path other = Files.createDirectories(temp.resolve("password"));
      assertThatThrownBy(() -> Ssh.openWithPassword(target, "admin", other, PATIENCE).close())
          .hasMessageContaining("Permission denied");
    }
  }

  @Test
  void aFailedBuildLeavesItsLogAndNothingElse() throws Exception {
    base("admin");
    project.script("scripts/bootstrap.sh", "echo it goes wrong here; exit 1");
    project.configure("oci:" + temp.resolve("layout"), "plain", "[]", 300);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertFailed(outcome, "bootstrap: scripts/bootstrap.sh ended with status 1", "(log: ");
    assertThat(project.log()).contains("it goes wrong here");
  }

  @Test
  void anotherPasswordIsToldAtOnceAndCanBeNamed() throws Exception {
    base("0ther Pa$$");
    project.script("scripts/bootstrap.sh", "true");
    project.configure("oci:" + temp.resolve("layout"), "plain", "[]", 300);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertFailed(
        outcome, "ssh: ", "Permission denied", "admin", "name it with `image.base-password-file`");
  }

  @Test
  void aGuestThatNeverAnswersIsGivenUpAtTheDeadline() throws Exception {
    Path base = edited("admin");
    ImageProject.debugfs(base.resolve("disk.img"), "-w", "-R", "rm /usr/sbin/sshd");
    project.store.adopt("plain", base, Map.of(), "test");
    project.script("scripts/bootstrap.sh", "true");
    project.boot = 1;
    project.configure("oci:" + temp.resolve("layout"), "plain", "[]", 2);
    Outcome outcome = project.bakehouse("image", "ensure");
    assertFailed(
        outcome,
        "ssh: ",
        "Gave up waiting for the guest program or an sshd on 127.0.0.1:",
        "after 2.0 s",
        "image.deadlines");
  }

  private void assertFailed(Outcome outcome, String... words) throws IOException {
    assertThat(outcome.status()).as(said(outcome)).isEqualTo(Exit.FAILED);
    assertThat(said(outcome)).contains("Could not build the image: ").contains(words);
    assertThat(said(outcome)).doesNotContain("\tat ");
    assertThat(project.store.list()).extracting(LocalImage::name).containsExactly("plain");
    assertThat(temp.resolve("layout")).doesNotExist();
    project.nothingIsLeft();
  }

  private void base(String password) throws IOException {
    project.store.adopt("plain", edited(password), Map.of(), "test");
  }

  private Path edited(String password) throws IOException {
    Path base = ImageProject.copy(GuestImage.directory(), temp.resolve("plain"));
    Path disk = base.resolve("disk.img");
    Path key = temp.resolve("hostkey");
    Command.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString()).check();
    String hash =
        Command.of("openssl", "passwd", "-6", "-stdin").input(password.getBytes()).check().text();
    Path shadow =
        Files.writeString(
            temp.resolve("shadow"),
            ImageProject.cat(disk, "/etc/shadow").replace("admin:*:", "admin:" + hash + ":")
                + "\n");
    Path conf = Files.writeString(temp.resolve("own.conf"), "PasswordAuthentication yes\n");
    Path commands =
        Files.writeString(
            temp.resolve("edit"),
            """
            rm /etc/systemd/system/ssh.service
            rm /etc/systemd/system/systemd-user-sessions.service
            rm /etc/systemd/system/bakehouse-guest.service
            rm /etc/systemd/system/bakehouse-ready.service
            rm /etc/systemd/system/sysinit.target.wants/bakehouse-guest.service
            rm /etc/systemd/system/multi-user.target.wants/bakehouse-ready.service
            rm /usr/lib/bakehouse/guest.pl
            rm /etc/ssh/sshd_config.d/bakehouse.conf
            write %s /etc/ssh/sshd_config.d/own.conf
            write %s /etc/ssh/ssh_host_ed25519_key
            sif /etc/ssh/ssh_host_ed25519_key mode 0100600
            rm /etc/shadow
            write %s /etc/shadow
            sif /etc/shadow mode 0100640
            sif /etc/shadow gid 42
            """
                .formatted(conf, key, shadow));
    ImageProject.debugfs(disk, "-w", "-f", commands.toString());
    assertThat(ImageProject.debugfs(disk, "-R", "ls -p /usr/lib/bakehouse"))
        .doesNotContain("guest.pl");
    return base;
  }
}
