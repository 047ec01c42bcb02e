package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.HomeVm;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmProcess;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// One VM of QEMU, in its directory.
final class QemuVm extends HomeVm {
  private static final Duration SOCKET = Duration.ofSeconds(10);
  private static final int SPARE_MB = 256;

  private final Qemu qemu;
  private final Path directory = directory();
  private final QemuProcess process;

  /// @param hold keeps a VM alive that this process has taken over
  QemuVm(VmHome home, Qemu qemu, VmRecord record, Optional<Channel> hold) {
    super(home, record);
    this.qemu = qemu;
    this.process = new QemuProcess(directory, hold);
  }

  @Override
  protected VmProcess process() {
    return process;
  }

  @Override
  public void start(Owner owner) {
    insistStopped("Stop it first.");
    Optional<Path> template = Optional.ofNullable(record().template()).map(Path::of);
    try {
      Optional<String> append = BootFiles.append(directory);
      Path own = directory.resolve(CommandLine.MEMORY);
      Files.deleteIfExists(own);
      Disks.require(
          directory,
          SPARE_MB + (template.isPresent() ? 0 : record().shape().memoryMb()),
          "The VM " + name());
      String memory =
          template.map(t -> t.resolve(CommandLine.MEMORY).toString()).orElse(CommandLine.MEMORY);
      noteStart(owner);
      Plan plan = new Plan(record().shape(), append, memory, template.isPresent(), record().kept());
      process.start(new CommandLine(qemu).build(plan), owner);
      if (template.isPresent()) {
        resume(template.get());
      }
    } catch (IOException e) {
      throw failed("start", e);
    }
  }

  private void resume(Path template) throws IOException {
    try (Qmp qmp = process.ask()) {
      DeviceState.load(qmp, template, directory);
    } catch (UserError | IOException e) {
      process.kill();
      throw new UserError(
          "Could not resume "
              + name()
              + " from "
              + template
              + ": "
              + e.getMessage()
              + "; "
              + process.death(),
          "Delete the template, it is made anew then.",
          e);
    }
  }

  @Override
  public void attach(List<Path> layers) throws IOException {
    new VolumeDisk(directory).attach(layers);
    if (running()) {
      RunningDisk.change(process, CommandLine.CACHE_DISK);
    }
  }

  @Override
  public void settle() throws IOException {
    try (Qmp qmp = process.ask()) {
      qmp.execute("quit");
    } catch (UserError e) {
      throw new IOException("QEMU did not end in order: " + e.getMessage(), e);
    }
    if (!process.ended(SOCKET)) {
      process.kill();
      throw new IOException("QEMU did not end within " + SOCKET.toSeconds() + " s");
    }
    new VolumeDisk(directory).settle();
  }

  @Override
  public List<String> handOver(Path target, String top) throws IOException {
    return new VolumeDisk(directory).handOver(target, top);
  }

  /// The virtio-serial port `dev.bakehouse.ctl`; QEMU serves one client at a time. Bytes written
  /// before the guest opens its end are lost or kept as the guest's driver pleases: greet until
  /// answered.
  @Override
  public Duplex control(byte[] guestProgram) {
    Path socket = directory.resolve(CommandLine.CONTROL);
    return Poll.until(
        "the control channel of " + name(),
        SOCKET,
        () -> {
          requireRunning();
          return Optional.of(new UnixDuplex(UnixSockets.connect(socket)));
        });
  }

  @Override
  public Endpoint ssh(Duration deadline) {
    requireRunning();
    try (Qmp qmp = process.ask()) {
      return new Endpoint("127.0.0.1", Forwarded.port(qmp, name()));
    }
  }

  @Override
  public Optional<String> stalled() {
    try (Qmp qmp = process.ask()) {
      String status = qmp.execute("query-status").path("status").asString("");
      return Optional.of("The disk with " + directory + " is full")
          .filter(_ -> status.equals("io-error"));
    }
  }

  @Override
  public void proceed() {
    try (Qmp qmp = process.ask()) {
      qmp.execute("cont");
    }
  }

  @Override
  public void keep() {
    try {
      noteKept();
      process.leave();
    } catch (IOException e) {
      throw failed("keep", e);
    }
  }

  @Override
  public void shutdown(Duration grace) {
    if (running()) {
      try (Qmp qmp = process.ask()) {
        qmp.execute("system_powerdown");
      } catch (UserError e) {
        // A guest that can not be asked is killed below.
      }
      if (!process.ended(grace)) {
        process.kill();
      }
    }
    forgetMemory();
  }

  @Override
  public void kill() {
    process.kill();
    forgetMemory();
  }

  @Override
  public void destroy() {
    take(process::kill, Optional.empty());
  }

  @Override
  public void export(Path target) {
    insistStopped("Shut it down first.");
    try {
      Disks.flatten(directory, target.resolve(BaseFiles.DISK));
      BaseFiles.copySettings(directory, target);
    } catch (IOException e) {
      throw failed("export", e);
    }
  }

  @Override
  public Path config() {
    return BaseFiles.config(directory);
  }

  @Override
  public Path console() {
    return directory.resolve(CommandLine.CONSOLE);
  }

  /// Suspends and moves the directory to `target`, as a template. Whoever comes second drops his.
  void suspendTo(String key, Path target) {
    requireRunning();
    try {
      if (!Files.exists(directory.resolve(CommandLine.MEMORY))) {
        throw new UserError(
            "The VM " + name() + " was resumed, its memory is no file of its own",
            "Suspend a VM that was booted.");
      }
      try (Qmp qmp = process.ask()) {
        DeviceState.save(qmp, directory);
        qmp.execute("quit");
      }
      if (!process.ended(SOCKET)) {
        process.kill();
      }
      String signature =
          new CommandLine(qemu).signature(record().shape(), BootFiles.append(directory));
      new TemplateFile(
              key,
              qemu.version(),
              qemu.accel(),
              signature,
              record().image(),
              record().shape(),
              record().created())
          .write(directory);
      for (String gone :
          new String[] {QemuProcess.IDENTITY, CommandLine.MONITOR, CommandLine.CONTROL}) {
        Files.deleteIfExists(directory.resolve(gone));
      }
      take(process::kill, Optional.of(target).filter(t -> !Files.exists(t)));
    } catch (IOException e) {
      throw failed("suspend", e);
    }
  }

  private void forgetMemory() {
    try {
      Files.deleteIfExists(directory.resolve(CommandLine.MEMORY));
    } catch (IOException e) {
      throw failed("stop", e);
    }
  }

  private void requireRunning() {
    if (!running()) {
      throw new Poll.Fatal(
          "The VM " + name() + " is not running: " + process.death(),
          "Start it; its directory " + directory + " holds its logs.");
    }
  }
}
