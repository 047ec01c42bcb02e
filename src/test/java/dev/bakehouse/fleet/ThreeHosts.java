package dev.bakehouse.fleet;

import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The hosts `a`, `b` and `c` behind three sshds, each with a real daemon and a real agent, and the
/// fleet's commands. Their releases are launchers of the classes under test.
final class ThreeHosts implements AutoCloseable {
  static final Duration LONG = Duration.ofMinutes(3);
  static final List<String> NAMES = List.of("a", "b", "c");

  private final Path dir;
  private final Map<String, LocalSshd> servers = new LinkedHashMap<>();

  /// Starts them and waits until their agents may have jobs.
  ///
  /// @param host more of each configuration's `host` section
  /// @param vm more of its `vm` section
  ThreeHosts(Path dir, Coordinator coordinator, String host, String vm) throws IOException {
    this.dir = dir;
    Path image = GuestImage.directory().toAbsolutePath().normalize();
    StringBuilder ssh = new StringBuilder();
    StringBuilder hosts = new StringBuilder();
    for (String name : NAMES) {
      Path home = Files.createDirectories(home(name));
      servers.put(name, LocalSshd.start("oven-" + name, dir.resolve("sshd-" + name)));
      ssh.append(servers.get(name).sshConfig());
      Files.writeString(
          home.resolve("bakehouse.yml"),
          """
          host: {name: oven-%s, state: '%s', slots: 1, image: %s, images: '%s'%s}
          agent: {endpoint: '%s', token-file: '%s'}
          vm: {hypervisor: qemu, start: boot%s}
          """
              .formatted(
                  name,
                  home.resolve("state"),
                  image.getFileName(),
                  image.getParent(),
                  host,
                  coordinator.agentEndpoint(),
                  coordinator.registrationToken(),
                  vm));
      // What a service of the host would do.
      Path restart = home.resolve("restart");
      program(
          restart,
          """
          cd '%s'
          if [ -e pid ]; then kill "$(cat pid)"; while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.1; done; fi
          PATH='%s' setsid current/bakehouse host run --config bakehouse.yml >>host.log 2>&1 </dev/null &
          echo $! >pid
          """
              .formatted(home, bin(name) + ":" + System.getenv("PATH")));
      hosts.append(
          "    - {name: %1$s, ssh: oven-%1$s, program: '%2$s/current/bakehouse', config: '%2$s/bakehouse.yml', restart: ['%2$s/restart']}\n"
              .formatted(name, home));
      // The first release, as if by hand.
      launcher(Files.createDirectories(home.resolve("releases/first")).resolve("bakehouse"), "");
      Files.createSymbolicLink(home.resolve("current"), Path.of("releases/first"));
      Command.of(restart.toString()).check();
    }
    Files.writeString(dir.resolve("ssh_config"), ssh);
    Files.writeString(
        dir.resolve("fleet.yml"),
        "fleet:\n  ssh-config: '" + dir.resolve("ssh_config") + "'\n  hosts:\n" + hosts);
    Poll.until(
        "their agents",
        LONG,
        () -> statuses().stream().allMatch(ThreeHosts::idle) ? Optional.of(1) : Optional.empty());
  }

  private static boolean idle(JsonNode host) {
    return host.path("answer").path("agents").path(0).path("state").asString("").equals("idle");
  }

  Path home(String name) {
    return dir.resolve(name);
  }

  /// Where a host finds programs first.
  Path bin(String name) {
    return home(name).resolve("bin");
  }

  static void program(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script);
    file.toFile().setExecutable(true);
  }

  private static void launcher(Path file, String before) throws IOException {
    program(file, before + "\nexec " + Self.shellWords(Self.argv()) + " \"$@\"\n");
  }

  Path release(String name, String before) throws IOException {
    Path at = Files.createDirectories(dir.resolve("release-" + name));
    launcher(at.resolve("bakehouse"), before);
    Path archive = dir.resolve(name + ".tar.gz");
    Command.of("tar", "-czf", archive.toString(), "-C", at.toString(), "bakehouse").check();
    return archive;
  }

  Command command(String... words) {
    List<String> argv = new ArrayList<>(Self.argv("fleet", words[0]));
    argv.addAll(List.of("--inventory", dir.resolve("fleet.yml").toString()));
    argv.addAll(List.of(words).subList(1, words.length));
    return Command.of(argv).deadline(LONG);
  }

  Outcome fleet(String... words) {
    return command(words).run();
  }

  static String error(Outcome outcome) {
    return new String(outcome.err(), StandardCharsets.UTF_8);
  }

  private List<JsonNode> statuses(String... more) {
    List<String> words = new ArrayList<>(List.of("status", "--json"));
    words.addAll(List.of(more));
    JsonNode all = JsonMapper.builder().build().readTree(fleet(words.toArray(String[]::new)).out());
    return all.valueStream().toList();
  }

  String daemon(String name) {
    return statuses("--only", name).getFirst().path("answer").path("daemon").asString();
  }

  String away(String name) {
    return statuses("--only", name).getFirst().path("answer").path("away").asString();
  }

  Path current(String name) throws IOException {
    return Files.readSymbolicLink(home(name).resolve("current"));
  }

  private Optional<ProcessHandle> process(String name) throws IOException {
    Path pid = home(name).resolve("pid");
    return Files.exists(pid)
        ? ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
        : Optional.empty();
  }

  /// The host's power is gone.
  void down(String name) throws IOException {
    servers.get(name).close();
    process(name).ifPresent(Processes::killTree);
    Files.delete(home(name).resolve("pid"));
  }

  /// And is back.
  void up(String name) throws IOException {
    servers.get(name).again();
    Command.of(home(name).resolve("restart").toString()).check();
  }

  @Override
  public void close() throws IOException {
    for (String name : NAMES) {
      process(name).ifPresent(ProcessHandle::destroy);
    }
    for (String name : NAMES) {
      Optional<ProcessHandle> daemon = process(name);
      Poll.until(
          "the end of " + name,
          LONG,
          () ->
              daemon.filter(ProcessHandle::isAlive).isEmpty() ? Optional.of(1) : Optional.empty());
    }
    servers.values().forEach(LocalSshd::close);
  }
}
