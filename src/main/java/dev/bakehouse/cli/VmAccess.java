package dev.bakehouse.cli;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.Hello;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The way into a VM made by hand. Its key and the guest's identity are made at the first use and
/// kept in the VM's directory, `access/`, closed to other users; a guest that has booted since is
/// given the same identity again.
final class VmAccess {
  private static final Duration DEADLINE = Duration.ofMinutes(5);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Vm vm;
  private final Path directory;

  /// What is kept.
  ///
  /// @param bootId the guest's boot that has this identity now
  record Kept(Identity identity, SshKey login, String bootId) {}

  VmAccess(Vm vm, Path state) {
    this.vm = vm;
    this.directory = new VmHome(state).directory(vm.name()).resolve("access");
  }

  Path directory() {
    return directory;
  }

  /// Sees to it that the guest has its identity and takes its key.
  SshTarget target() {
    if (!vm.running()) {
      throw new UserError(
          "The VM " + vm.name() + " does not run", "`bakehouse vm run " + vm.name() + "` first.");
    }
    Directories.makePrivate(directory);
    try (ExclusiveLock _ = ExclusiveLock.on(directory.resolve("lock"))) {
      Kept kept = identified();
      Endpoint endpoint = vm.ssh(DEADLINE);
      return new SshTarget(
          endpoint.host(),
          endpoint.port(),
          GuestSystem.USER,
          directory.resolve("key"),
          kept.identity().hostKey().publicLine(),
          vm.guestProgram());
    }
  }

  /// A connection of one command. Its files lie in a directory of its own below [#directory].
  Ssh connect(SshTarget target, Path own) {
    return Ssh.open(target, List.of(), own, DEADLINE);
  }

  private Kept identified() {
    try (Duplex channel = vm.control(GuestProgram.bytes());
        Control control = new Control(channel.in(), channel.out())) {
      Hello hello = control.hello(DEADLINE);
      Optional<Kept> known = read();
      if (known.isPresent() && known.get().bootId().equals(hello.bootId())) {
        return known.get();
      }
      SshKey login = known.map(Kept::login).orElseGet(SshKey::create);
      Identity identity =
          known
              .map(Kept::identity)
              .orElseGet(() -> Identity.fresh(hostname(), GuestSystem.USER, login));
      control.identify(identity, DEADLINE);
      Kept kept = new Kept(identity, login, hello.bootId());
      Directories.writePrivate(
          directory.resolve("key"), login.privatePem().getBytes(StandardCharsets.US_ASCII));
      Directories.writePrivate(directory.resolve("identity.json"), JSON.writeValueAsBytes(kept));
      return kept;
    }
  }

  private Optional<Kept> read() {
    Path file = directory.resolve("identity.json");
    try {
      return Files.exists(file)
          ? Optional.of(JSON.readValue(Files.readAllBytes(file), Kept.class))
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read the identity of " + vm.name() + " in " + file + ": " + e.getMessage(),
          "Delete that file: the guest gets a new identity.",
          e);
    }
  }

  private String hostname() {
    String name = vm.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
    return name.substring(0, Math.min(63, name.length())).replaceAll("-+$", "");
  }
}
