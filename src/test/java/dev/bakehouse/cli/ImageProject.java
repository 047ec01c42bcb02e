package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A project whose images are built, and its state directory.
final class ImageProject {
  static final String ARCH = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  static final String NAME =
      "bun-build-macos" + (ARCH.equals("arm64") ? "" : "-15-amd64") + "-1.2.14";

  final Path root;
  final Path state;
  final ImageStore store;

  /// Seconds until something in the guest must answer.
  int boot = 300;

  ImageProject(Path root) throws IOException {
    this.root = Files.createDirectories(root);
    this.state = root.resolve(".bakehouse");
    this.store = new ImageStore(state.resolve("images"));
    git("init", "-q", "-b", "main");
    git("remote", "add", "origin", "git@git.invalid:Org/Repo.git");
    Files.writeString(root.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.14\")\n");
    script("tools/greet", "echo hello from a staged tool");
  }

  /// No VM, no draft of one, no held slot.
  void nothingIsLeft() throws IOException {
    QemuHypervisor qemu = new QemuHypervisor(state);
    assertThat(qemu.list()).isEmpty();
    try (var vms = Files.list(state.resolve("vms"))) {
      assertThat(vms.map(p -> p.getFileName().toString())).containsExactly(".lock");
    }
    Slots slots = new Slots(state.resolve("slots"), 1, new Reaper(state, List.of(qemu)));
    slots.tryAcquire().orElseThrow().close();
  }

  /// The log of the only build.
  String log() throws IOException {
    try (var logs = Files.list(state.resolve("logs"))) {
      return Files.readString(logs.findFirst().orElseThrow());
    }
  }

  void configure(String registry, String base, String tools, int sshSeconds) throws IOException {
    configure(registry, base, tools, sshSeconds, "");
  }

  /// @param more further keys of the `image` section, ` KEY: VALUE` on a line each
  void configure(String registry, String base, String tools, int sshSeconds, String more)
      throws IOException {
    Files.writeString(
        root.resolve("bakehouse.yml"),
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
          deadlines: {boot: %d, address: 300, ssh: %d}
        """
                .formatted(registry, ARCH, base, tools, boot, sshSeconds)
            + more);
  }

  void script(String path, String body) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\nset -e\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  Outcome bakehouse(String... args) {
    return command(args).run();
  }

  Command command(String... args) {
    return Command.of(Self.argv(args))
        .in(root)
        .env("BUILDKITE_BRANCH", null)
        .env("MACOS_RELEASE", null)
        .env("TART_REGISTRY_USERNAME", "user")
        .env("TART_REGISTRY_PASSWORD", "any")
        .deadline(Duration.ofMinutes(10));
  }

  void git(String... args) {
    Command.of("git").and(args).in(root).check();
  }

  /// A sparse copy of an image's files.
  static Path copy(Path image, Path to) throws IOException {
    Files.createDirectories(to);
    Command.of("cp", "--sparse=always", "-r", image + "/.", to.toString()).check();
    return to;
  }

  static String cat(Path disk, String file) {
    return debugfs(disk, "-R", "cat " + file);
  }

  static String debugfs(Path disk, String... args) {
    return Command.of(sbin("debugfs")).and(args).and(disk.toString()).check().text();
  }

  static String sbin(String program) {
    return Programs.path(program);
  }

  static String said(Outcome outcome) {
    return new String(outcome.err(), StandardCharsets.UTF_8);
  }
}
