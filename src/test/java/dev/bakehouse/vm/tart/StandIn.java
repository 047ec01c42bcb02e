package dev.bakehouse.vm.tart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A directory with the stand-in's `tart` and a `TART_HOME`.
///
/// Its guests are Debian, but their configuration may say `darwin`: Tart suspends no other. Such a
/// one has links where a macOS guest has its home directories and Homebrew.
///
/// @param bin goes on PATH
/// @param home is `TART_HOME`; the generated `tart` knows it by itself
public record StandIn(Path bin, Path home) {
  private static final Duration COPY = Duration.ofMinutes(5);

  public static StandIn install(Path directory) throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path home = Files.createDirectories(directory.resolve("tart"));
    Files.createDirectories(home.resolve("vms"));
    StringJoiner java = new StringJoiner(" ");
    for (String word : Jvm.of(StandInTart.class).argv()) {
      java.add(quoted(word));
    }
    script(
        bin.resolve("tart"), "TART_HOME=" + quoted(home.toString()) + " exec " + java + " \"$@\"");
    return new StandIn(bin, home);
  }

  static void script(Path file, String line) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + line + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /// What the driver needs in its environment.
  public Map<String, String> environment() {
    return Map.of(
        "PATH",
        bin + ":" + System.getenv("PATH"),
        "TART_HOME",
        home.toString(),
        "BAKEHOUSE_TART_SSH_PORT",
        "" + StandInRun.SSH_PORT);
  }

  /// The same as [#add] unless it was done already, for the same image by the same stand-in. If
  /// not, nothing else is kept.
  public void keep(String name, Path image, String os) throws IOException {
    Path note = home.resolve("standin-" + name);
    String stamp = image + " " + Files.getLastModifiedTime(image.resolve("disk.img")) + " " + os;
    for (String part : List.of("agent.pl", "agent.service", "StandIn.class", "StandInVm.class")) {
      try (InputStream in = StandIn.class.getResourceAsStream(part)) {
        stamp += " " + Arrays.hashCode(java.util.Objects.requireNonNull(in, part).readAllBytes());
      }
    }
    if (Files.exists(note) && Files.readString(note).equals(stamp)) {
      return;
    }
    for (String old : Trees.names(home.resolve("vms"))) {
      Trees.delete(home.resolve("vms").resolve(old));
    }
    add(name, image, os);
    Files.writeString(note, stamp);
  }

  /// Takes in a guest image as a stopped VM with the guest agent in it.
  ///
  /// @param os what Tart believes it to be: `darwin` or `linux`
  public void add(String name, Path image, String os) throws IOException {
    Path vm = Files.createDirectories(home.resolve("vms").resolve(name));
    Path layer = vm.resolve("layer-base");
    Command.of("cp", "--sparse=always", image.resolve("disk.img").toString(), layer.toString())
        .deadline(COPY)
        .check();
    for (String file : List.of("agent.pl", "agent.service")) {
      try (InputStream in = StandIn.class.getResourceAsStream(file)) {
        Files.copy(java.util.Objects.requireNonNull(in, file), vm.resolve(file));
      }
    }
    List<String> requests = new ArrayList<>();
    if (os.equals("darwin")) {
      requests.addAll(List.of("symlink /Users /home", "symlink /opt/homebrew /usr/local"));
    }
    requests.addAll(
        List.of(
            "cd /usr/lib",
            "write agent.pl tart-agent.pl",
            "cd /etc/systemd/system",
            "write agent.service tart-agent.service",
            "rm sysinit.target.wants/bakehouse-guest.service",
            "cd /etc/systemd/system/multi-user.target.wants",
            "symlink tart-agent.service /etc/systemd/system/tart-agent.service"));
    edit(vm, requests);
    ObjectNode config =
        (ObjectNode)
            JsonMapper.builder().build().readTree(Files.readAllBytes(image.resolve("config.json")));
    dump(vm, config.path("boot").path("kernel").asString(), "kernel");
    dump(vm, config.path("boot").path("initrd").asString(), "initrd");
    config.put("os", os);
    config.putObject("standin").put("diskBytes", Files.size(layer));
    StandInVm made = new StandInVm(name, vm);
    made.config(config);
    Files.writeString(vm.resolve("nvram.bin"), "");
    made.overlay("layer-base", "raw");
  }

  private static void edit(Path vm, List<String> requests) throws IOException {
    Path file = Files.write(vm.resolve("requests"), requests);
    Command.of(debugfs(), "-w", "-f", file.toString(), "layer-base").in(vm).check();
    Files.delete(file);
  }

  private static void dump(Path vm, String file, String name) {
    Command.of(debugfs(), "-R", "dump " + file + " " + name, "layer-base").in(vm).check();
    assertThat(vm.resolve(name)).as("read from the image").isNotEmptyFile();
  }

  private static String debugfs() {
    return Programs.path("debugfs");
  }
}
