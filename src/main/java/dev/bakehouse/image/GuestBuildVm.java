package dev.bakehouse.image;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Tail;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A build's VM on this host's hypervisor, in one of its slots. Its key lies in the VM's directory
/// and goes with it; when this process is killed, the reaper ends it like any other VM.
public final class GuestBuildVm implements BuildVm {
  private static final Duration SLOT = Duration.ofHours(2);

  private final Vm vm;
  private final Lease lease;
  private final GuestSystem system;
  private final Path state;
  private final SshKey login = SshKey.create();
  private final Identity identity = Identity.fresh("bakehouse-build", GuestSystem.USER, login);
  private @Nullable Duplex channel;
  private @Nullable Control control;
  private @Nullable Endpoint endpoint;
  private @Nullable GuestShell shell;

  private GuestBuildVm(Vm vm, Lease lease, GuestSystem system, Path state) {
    this.vm = vm;
    this.lease = lease;
    this.system = system;
    this.state = state;
  }

  /// @param state the state directory; it does not go into the workspace
  /// @param progress is told how the wait for a slot goes
  public static Maker maker(
      Hypervisor hypervisor, Slots slots, Path state, Consumer<String> progress) {
    return (name, base, size) -> {
      Lease lease = slots.acquire(SLOT, progress);
      try {
        lease.bind(name);
        BaseImage image = new BaseImage(base.name(), base.directory(), base.content());
        Shape shape = new Shape(size.cpus(), size.memoryMb(), size.diskGb());
        GuestSystem system = GuestSystem.of(base.directory().resolve("config.json"));
        return new GuestBuildVm(hypervisor.create(name, image, shape), lease, system, state);
      } catch (RuntimeException e) {
        lease.close();
        throw e;
      }
    };
  }

  @Override
  public void start(Duration deadline) {
    explained(
        () -> {
          vm.start(Owner.PIPE);
          Duplex open = vm.control(GuestProgram.bytes());
          channel = open;
          control = new Control(open.in(), open.out());
          control.hello(deadline);
        });
  }

  @Override
  public void awaitAddress(Duration deadline) {
    explained(
        () -> {
          there(control).identify(identity, deadline);
          endpoint = vm.ssh(deadline);
        });
  }

  @Override
  public void awaitSsh(Duration deadline) {
    explained(
        () -> {
          Path access = new VmHome(state).directory(vm.name()).resolve("access");
          Directories.makePrivate(access);
          Ssh ssh = Ssh.open(target(access), List.of(), access, deadline);
          shell = new GuestShell(system, ssh, there(control));
        });
    there(shell).script("prepare.sh", system.workspace(), GuestSystem.USER);
  }

  private SshTarget target(Path access) {
    try {
      return new SshTarget(
          there(endpoint).host(),
          there(endpoint).port(),
          GuestSystem.USER,
          login.save(access.resolve("key")),
          identity.hostKey().publicLine());
    } catch (IOException e) {
      throw Trees.failed("write the key of " + vm.name(), e);
    }
  }

  /// On Linux a copy, made anew by every build.
  @Override
  public String workspace(Path directory) {
    Path from = directory.toAbsolutePath().normalize();
    Path own = state.toAbsolutePath().normalize();
    Path[] without = own.startsWith(from) ? new Path[] {from.relativize(own)} : new Path[0];
    there(shell).send(from, without);
    return system.workspace();
  }

  @Override
  public int run(List<String> argv, String directory, OutputStream output, Duration deadline) {
    return there(shell).run(argv, directory, output, deadline);
  }

  /// A guest that does not go down by itself is an error: its disk would not be whole.
  @Override
  public void shutdown(Duration grace) {
    there(shell).script("clean.sh", system.workspace(), system.home());
    there(shell).powerOff();
    explained(
        () ->
            Poll.until(
                "the power-off of " + vm.name(),
                grace,
                () -> Optional.of(vm).filter(v -> !v.running())));
  }

  @Override
  public void save(Path directory) throws IOException {
    vm.export(directory);
    Path nvram = directory.resolve("nvram.bin");
    if (!Files.exists(nvram)) {
      Files.createFile(nvram);
    }
  }

  @Override
  public void close() {
    try (lease) {
      quietly(shell);
      quietly(control);
      quietly(channel);
      vm.destroy();
    }
  }

  /// Adds the console's end to an error: the VM and its logs are gone when it is read.
  private void explained(Runnable work) {
    try {
      work.run();
    } catch (UserError e) {
      String told = String.valueOf(e.getMessage());
      throw told.contains("\nconsole: ")
          ? e
          : new UserError(told + "\nconsole: " + Tail.of(vm.console()), e.remedy(), e);
    }
  }

  private static <T> T there(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("a build's phase is out of order");
    }
    return part;
  }

  private static void quietly(@Nullable AutoCloseable part) {
    try {
      if (part != null) {
        part.close();
      }
    } catch (Exception e) {
      // The VM goes away next, and with it the other end.
    }
  }
}
