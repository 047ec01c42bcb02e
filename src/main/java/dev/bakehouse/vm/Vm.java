package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// One virtual machine, by its exact name.
public interface Vm {
  String name();

  /// Puts a cache volume's disk in the place of the blank one: before the start, or where
  /// [Hypervisor#attachesRunning] while the guest has not used it. What the VM needs of the files
  /// is its own then; they may be deleted.
  ///
  /// @param layers as in [VolumeDisks]; none for a new, empty disk
  /// @throws IOException when this host can not do it; the VM is as before
  default void attach(List<Path> layers) throws IOException {
    throw new IOException("VMs of this hypervisor have no cache disk");
  }

  /// Ends a VM whose guest has let go of its cache disk, so that the disk holds all that the guest
  /// wrote.
  ///
  /// @throws IOException when that is not sure; the disk must not be kept then
  default void settle() throws IOException {
    throw new IOException("VMs of this hypervisor have no cache disk");
  }

  /// Gives the attached disk away, after [#settle]: its files are in the directory then.
  ///
  /// @param name for the file with what this VM wrote; no other is ever replaced
  /// @return the names of all files of the disk, the lowest first
  default List<String> handOver(Path directory, String name) throws IOException {
    throw new IOException("VMs of this hypervisor have no cache disk");
  }

  /// Boots, or resumes when made from a template; returns when the hypervisor runs it.
  void start(Owner owner);

  /// Lets a running VM that was started for an heir wait for one.
  ///
  /// @param key what it is ready for
  /// @throws UserError when it is another's by now, or gone
  void standBy(String key);

  /// Whether it is still this process's, and not taken over.
  boolean owned();

  /// Leaves the VM to whoever has taken it over.
  void letGo();

  boolean running();

  /// The control channel to the guest program.
  ///
  /// @param guestProgram the program's bytes for hypervisors that must bring it along (Tart); QEMU
  ///   images carry it and serve it on the virtio-serial port `dev.bakehouse.ctl`
  Duplex control(byte[] guestProgram);

  /// Where the guest program lies in the guest once the control channel works.
  default String guestProgram() {
    return "/usr/lib/bakehouse/guest.pl";
  }

  /// Where sshd of the guest is, or will be, reachable from this process.
  Endpoint ssh(Duration deadline);

  /// Whether [#shutdown] asks by a command in the guest and not by a power button, which not every
  /// guest heeds.
  default boolean shutdownAsksGuest() {
    return false;
  }

  /// Why a running VM stands still: its disk could not be written because the host's is full.
  default Optional<String> stalled() {
    return Optional.empty();
  }

  /// Lets a VM that stands still try again.
  default void proceed() {}

  /// Lets a VM live on without its owner, until it is ended by name. What can not run beside the
  /// host's slots is turned off, its disk kept.
  void keep();

  /// Asks the guest to power off; kills it when the grace is over.
  void shutdown(Duration grace);

  void kill();

  /// Kills it and removes every trace of exactly this VM.
  void destroy();

  /// Writes the stopped VM as an image: `disk.img` (raw, sparse), and `config.json` and `nvram.bin`
  /// as the image it was made from has them.
  default void export(Path directory) {
    throw new UserError(
        "The VM " + name() + " can not be made into an image in " + directory,
        "Build images with a hypervisor that can.");
  }

  /// Its `config.json` in Tart's format, as the image has it; `os` names the guest's system.
  Path config();

  /// The serial log, kept for diagnosis as long as the VM.
  Path console();
}
