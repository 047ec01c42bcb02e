package dev.bakehouse.image;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Tail;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A build's VM on this host's hypervisor, in one of its slots. Its key lies in the VM's directory
/// and goes with it; when this process is killed, the reaper ends it like any other VM.
///
/// A base is reached by its guest program or, where nothing answers but an sshd, by the password of
/// its user; the image built can be reached by the guest program and a key only.
final class GuestBuildVm implements BuildVm {
  private static final Duration SLOT = Duration.ofHours(2);
  private static final Duration ONE_QUESTION = Duration.ofSeconds(1);

  private final Vm vm;
  private final Lease lease;
  private final GuestSystem system;
  private final Path state;
  private final String password;
  private final Optional<String> resolver;
  private final Consumer<String> progress;
  private final SshKey login = SshKey.create();
  private final Identity identity = Identity.fresh("bakehouse-build", GuestSystem.USER, login);
  private @Nullable ProgramSearch search;
  private @Nullable Endpoint endpoint;
  private @Nullable GuestShell shell;

  private GuestBuildVm(
      Vm vm,
      Lease lease,
      GuestSystem system,
      Path state,
      String password,
      Optional<String> resolver,
      Consumer<String> progress) {
    this.vm = vm;
    this.lease = lease;
    this.system = system;
    this.state = state;
    this.password = password;
    this.resolver = resolver;
    this.progress = progress;
  }

  /// @param network of the VM
  /// @param state the state directory; it does not go into the workspace
  /// @param progress is told how the wait for a slot goes, and how the guest is reached
  static Maker maker(
      Hypervisor hypervisor, Network network, Slots slots, Path state, Consumer<String> progress) {
    return (name, base, config) -> {
      String password = config.basePassword();
      Lease lease = slots.acquire(SLOT, progress);
      try {
        lease.bind(name);
        BaseImage image = new BaseImage(base.name(), base.directory(), base.content());
        ImageConfig.Size size = config.size();
        Shape shape = new Shape(size.cpus(), size.memoryMb(), size.diskGb(), network);
        Optional<String> resolver = network.resolver(hypervisor);
        GuestSystem system = GuestSystem.of(base.directory().resolve("config.json"));
        Vm vm = hypervisor.create(name, image, shape);
        return new GuestBuildVm(vm, lease, system, state, password, resolver, progress);
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
          ProgramSearch started = new ProgramSearch(vm);
          search = started;
          try {
            Contact _ =
                Poll.until("an answer", deadline, () -> contact(started, vm.ssh(ONE_QUESTION)));
          } catch (Poll.TimedOut e) {
            if (Thread.currentThread().isInterrupted()) {
              throw e;
            }
            progress.accept("neither a guest program nor an sshd answers yet");
          }
        });
  }

  @Override
  public void awaitAddress(Duration deadline) {
    explained(() -> endpoint = vm.ssh(deadline));
  }

  @Override
  public void awaitSsh(Duration deadline) {
    long end = System.nanoTime() + deadline.toNanos();
    explained(
        () -> {
          Path access = new VmHome(state).directory(vm.name()).resolve("access");
          Directories.makePrivate(access);
          SshTarget target = target(access);
          ProgramSearch running = there(search);
          Contact contact =
              Poll.until(
                  "the guest program or an sshd on " + target.host() + ":" + target.port(),
                  deadline,
                  () -> contact(running, there(endpoint)));
          switch (contact) {
            case Contact.Program(Control control) -> {
              control.identify(identity, left(end));
              Ssh ssh = Ssh.open(target, List.of(), access, left(end));
              GuestShell fresh = new GuestShell(system, ssh, control);
              resolver.ifPresent(fresh::resolve);
              shell = fresh;
            }
            case Contact.Sshd _ -> {
              progress.accept("the base has no guest program; logging in by password");
              running.close();
              Path first = Directories.makePrivate(access.resolve("first"));
              new PasswordBase(target).adopt(password, identity, first, left(end));
              Ssh ssh = Ssh.open(target, List.of(), access, left(end));
              shell = new GuestShell(system, ssh, ssh.control());
            }
          }
        });
    there(shell).script("secure.sh", GuestSystem.USER);
    there(shell).script("prepare.sh", system.workspace(), GuestSystem.USER);
  }

  /// How a guest let itself be reached.
  private sealed interface Contact {
    record Program(Control control) implements Contact {}

    record Sshd() implements Contact {}
  }

  private static Optional<Contact> contact(ProgramSearch search, Endpoint endpoint)
      throws IOException {
    Optional<Control> found = search.found();
    if (found.isPresent()) {
      return Optional.of(new Contact.Program(found.get()));
    }
    try (Socket socket = new Socket()) {
      int patience = (int) ONE_QUESTION.toMillis();
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), patience);
      socket.setSoTimeout(patience);
      byte[] greeting = socket.getInputStream().readNBytes(4);
      return new String(greeting, StandardCharsets.US_ASCII).equals("SSH-")
          ? Optional.of(new Contact.Sshd())
          : Optional.empty();
    }
  }

  private static Duration left(long end) {
    return Duration.ofNanos(Math.max(1, end - System.nanoTime()));
  }

  private SshTarget target(Path access) {
    try {
      return new SshTarget(
          there(endpoint).host(),
          there(endpoint).port(),
          GuestSystem.USER,
          login.save(access.resolve("key")),
          identity.hostKey().publicLine(),
          vm.guestProgram());
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
    if (resolver.isPresent()) {
      there(shell).resolve("");
    }
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
      quietly(search);
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
