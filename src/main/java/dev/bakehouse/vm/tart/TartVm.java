package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
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

/// One VM of Tart, recorded in its directory. Its name is also Tart's name for it.
final class TartVm extends HomeVm {
  private static final Duration RUNS = Duration.ofMinutes(1);
  private static final Duration SUSPENDED = Duration.ofMinutes(5);
  private static final Duration COPIED = Duration.ofHours(2);
  private static final Duration ASK = Duration.ofSeconds(15);

  private final VmHome home;
  private final Tart tart;
  private final TartSettings settings;
  private final Path directory = directory();
  private final TartRun run;

  /// @param hold keeps a VM alive that this process has taken over
  TartVm(VmHome home, Tart tart, TartSettings settings, VmRecord record, Optional<Channel> hold) {
    super(home, record);
    this.home = home;
    this.tart = tart;
    this.settings = settings;
    this.run = new TartRun(tart, record.name(), directory, hold);
  }

  @Override
  protected VmProcess process() {
    return run;
  }

  @Override
  public void start(Owner owner) {
    insistStopped("Stop it first.");
    TartFile file = TartFile.read(directory).orElse(new TartFile(false, null));
    Optional.ofNullable(file.template()).ifPresent(this::insistAlone);
    boolean resume = record().template() != null;
    try {
      noteStart(owner);
      run.launch(tart.run(name(), file.suspendable(), new TartVolume(directory).disk()), owner);
    } catch (IOException e) {
      throw failed("start", e);
    }
    try {
      Poll.until(
          "Tart to run " + name(),
          RUNS,
          () -> {
            requireRunning(resume ? "resume" : "start");
            return tart.get(name()).filter(TartVmState::running);
          });
    } catch (UserError e) {
      run.kill();
      throw e;
    }
  }

  /// Clones of one template have one MAC. Tart would give the second a new one and throw its saved
  /// state away, so that it boots instead.
  private void insistAlone(String template) {
    for (VmRecord other : home.all()) {
      Path place = home.directory(other.name());
      boolean twin =
          !other.name().equals(name())
              && TartFile.read(place).filter(f -> template.equals(f.template())).isPresent();
      if (twin && new TartRun(tart, other.name(), place, Optional.empty()).alive().isPresent()) {
        throw new UserError(
            "The VM "
                + name()
                + " can not run beside "
                + other.name()
                + ": both were cloned from "
                + template
                + " and have one MAC",
            "Stop the other one, or use a template for each slot.");
      }
    }
  }

  @Override
  public void attach(List<Path> layers) throws IOException {
    new TartVolume(directory).attach(layers);
  }

  /// Tart turns VMs off hard; what the guest has flushed is in the file.
  @Override
  public void settle() {
    run.kill();
  }

  @Override
  public List<String> handOver(Path target, String top) throws IOException {
    return new TartVolume(directory).handOver(target, top);
  }

  /// Brings the guest program along and serves it over `tart exec`. Waits for the guest agent, so
  /// for the guest to boot.
  @Override
  public Duplex control(byte[] guestProgram) {
    return TartControl.open(
        tart, name(), guestProgram, settings.boot(), () -> requireRunning("reach the guest of"));
  }

  @Override
  public String guestProgram() {
    return TartControl.PROGRAM;
  }

  @Override
  public Endpoint ssh(Duration deadline) {
    String address =
        TartAddress.find(tart, name(), deadline, () -> requireRunning("learn the address of"));
    return new Endpoint(address, settings.sshPort());
  }

  @Override
  public boolean shutdownAsksGuest() {
    return true;
  }

  /// Tart has no graceful stop of its own, so the guest is asked by a command in it.
  @Override
  public void shutdown(Duration grace) {
    if (running()) {
      try {
        tart.exec(name(), List.of("sudo", "shutdown", "-h", "now")).deadline(ASK).run();
      } catch (UserError e) {
        // A guest that can not be asked is turned off below.
      }
      if (!run.ended(grace)) {
        run.kill();
      }
    }
  }

  @Override
  public void kill() {
    run.kill();
  }

  /// macOS runs no more VMs than there are slots.
  @Override
  public void keep() {
    try {
      run.kill();
      noteKept();
    } catch (IOException e) {
      throw failed("keep", e);
    }
  }

  @Override
  public void destroy() {
    take(this::end, Optional.empty());
  }

  private void end() {
    boolean left = run.alive().isEmpty() && !record().owner().equals(Processes.self());
    run.kill();
    if (left) {
      Phantom.end(settings.vms().resolve(name()).resolve("disk.img"));
    }
    tart.delete(name());
  }

  /// Tart keeps the files; they are copied, on APFS without taking up room.
  @Override
  public void export(Path target) {
    insistStopped("Shut it down first.");
    Path from = settings.vms().resolve(name());
    boolean linux = System.getProperty("os.name").equals("Linux");
    for (String file : List.of("disk.img", "config.json", "nvram.bin")) {
      Command.of("cp", linux ? "--sparse=always" : "-c")
          .and(from.resolve(file).toString(), target.resolve(file).toString())
          .deadline(COPIED)
          .check();
    }
  }

  @Override
  public Path config() {
    return settings.vms().resolve(name()).resolve("config.json");
  }

  @Override
  public Path console() {
    return run.log();
  }

  /// Suspends. Tart keeps the VM under its name, the directory says that it is a template.
  void suspend(String key) {
    requireRunning("suspend");
    TartFile file = TartFile.read(directory).orElse(new TartFile(false, null));
    if (!file.suspendable()) {
      throw TartHypervisor.notSuspendable(name());
    }
    tart.suspend(name());
    if (!run.ended(SUSPENDED)) {
      throw new UserError(
          "The VM " + name() + " did not suspend within " + SUSPENDED.toSeconds() + " s",
          "See " + run.log() + ".");
    }
    if (tart.get(name()).filter(TartVmState::suspended).isEmpty()) {
      throw run.death("suspend the VM " + name());
    }
    String host = System.getProperty("os.version");
    try {
      new TartTemplate(key, name(), host, record().image(), record().shape(), record().created())
          .write(directory);
      Files.deleteIfExists(directory.resolve(TartRun.IDENTITY));
    } catch (IOException e) {
      throw failed("suspend", e);
    }
  }

  /// Moves the directory of a suspended VM to the template's place.
  void publish(Path target) {
    take(() -> {}, Optional.of(target));
  }

  private void requireRunning(String doing) {
    if (!running()) {
      throw run.death(doing + " the VM " + name());
    }
  }
}
