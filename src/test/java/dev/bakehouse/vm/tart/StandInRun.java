package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.node.ObjectNode;

/// `tart run` in the foreground, with QEMU as the virtual machine.
///
/// The guest gets a loopback address of its own: sshd at `BAKEHOUSE_TART_SSH_PORT`, the guest agent
/// at [#AGENT_PORT].
final class StandInRun {
  static final int AGENT_PORT = 10080;
  static final int SSH_PORT = 10022;
  private static final Set<String> VALUED =
      Set.of("--dir", "--disk", "--root-disk-opts", "--net-bridged", "--rosetta", "--serial-path");
  private static final Set<String> FLAGS =
      Set.of(
          "--no-graphics",
          "--no-audio",
          "--no-clipboard",
          "--suspendable",
          "--vnc",
          "--vnc-experimental",
          "--nested",
          "--recovery",
          "--serial",
          "--net-softnet",
          "--net-host");
  private static final String GUEST = "192.168.127.15";

  private final StandInHome home;
  private final StandInVm vm;
  private final boolean suspendable;

  private final String disk;

  private StandInRun(StandInHome home, StandInVm vm, boolean suspendable, String disk) {
    this.home = home;
    this.vm = vm;
    this.suspendable = suspendable;
    this.disk = disk;
  }

  static int run(StandInHome home, List<String> argv) throws Exception {
    StandInArgs args = StandInArgs.of(argv, VALUED, FLAGS, 1);
    StandInVm vm = home.require(args.name());
    boolean suspendable = args.has("--suspendable");
    if (suspendable && !vm.config().path("os").asString("").equals("darwin")) {
      throw new StandInError(64, "Error: You can only suspend macOS VMs");
    }
    return new StandInRun(home, vm, suspendable, args.options().getOrDefault("--disk", "")).run();
  }

  private int run() throws Exception {
    home.locked(
        () -> {
          if (vm.running()) {
            throw new StandInError(2, "VM \"" + vm.name() + "\" is already running!");
          }
          home.insistBelowLimit(vm);
          if (vm.suspended()) {
            home.settleMac(vm);
          }
        });
    ObjectNode config = vm.config();
    try (FileChannel channel =
            FileChannel.open(vm.directory().resolve("config.json"), StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new StandInError(2, "VM \"" + vm.name() + "\" is already running!");
      }
      vm.note("pid", Long.toString(ProcessHandle.current().pid()));
      return supervise(config);
    }
  }

  private int supervise(ObjectNode config) throws Exception {
    Path directory = vm.directory();
    boolean resume = vm.suspended();
    if (resume && !suspendable) {
      throw new StandInError(
          1, "Error Domain=VZErrorDomain Code=12 \"The virtual machine failed to restore.\"");
    }
    vm.touched();
    String address = address();
    Guardian guardian =
        Guardian.of(
            Command.of(qemu(config, address, resume)),
            directory,
            directory.resolve("standin-qemu.log"),
            directory.resolve("standin-qemu.id"));
    try (Guarded qemu = guardian.start()) {
      StandInQmp qmp = StandInQmp.connect(directory.resolve("standin-qmp"));
      onSignal("INT", qemu::kill);
      onSignal("USR1", () -> suspend(qmp));
      onSignal("USR2", () -> qmp.execute("system_powerdown", ""));
      if (resume) {
        qmp.awaitStatus("query-status", Set.of("paused", "running", "prelaunch", "postmigrate"));
        Files.delete(directory.resolve(StandInVm.STATE));
        qmp.execute("cont", "");
      }
      vm.note("address", address);
      int status = qemu.ended().get();
      if (status != 0 && status < 128) {
        throw new StandInError(
            1,
            "Error Domain=VZErrorDomain Code=1 "
                + Files.readString(directory.resolve("standin-qemu.log")));
      }
      return 0;
    } finally {
      Files.deleteIfExists(directory.resolve("standin-address"));
    }
  }

  private void suspend(StandInQmp qmp) {
    if (!suspendable) {
      return;
    }
    try {
      qmp.execute("stop", "");
      qmp.execute("migrate-set-parameters", "\"max-bandwidth\":100000000000");
      qmp.execute("migrate", "\"uri\":\"exec:cat > standin-state\"");
      qmp.awaitStatus("query-migrate", Set.of("completed", "failed"));
      Files.move(
          vm.directory().resolve("standin-state"),
          vm.directory().resolve(StandInVm.STATE),
          StandardCopyOption.ATOMIC_MOVE);
      qmp.execute("quit", "");
    } catch (IOException e) {
      System.err.println("could not suspend: " + e);
    }
  }

  private static String address() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return "127."
        + random.nextInt(64, 192)
        + "."
        + random.nextInt(1, 255)
        + "."
        + random.nextInt(1, 255);
  }

  private List<String> qemu(ObjectNode config, String address, boolean resume) {
    long memory = config.path("memorySize").asLong() >> 20;
    List<String> argv = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults"));
    argv.addAll(List.of("-no-user-config", "-display", "none", "-no-reboot"));
    argv.addAll(List.of("-accel", "tcg,thread=multi,tb-size=512", "-machine", "pc"));
    argv.addAll(List.of("-cpu", "Nehalem", "-smp", config.path("cpuCount").asString()));
    argv.addAll(List.of("-m", Long.toString(memory), "-kernel", "kernel", "-initrd", "initrd"));
    argv.addAll(List.of("-append", config.path("boot").path("append").asString() + " panic=-1"));
    argv.addAll(
        List.of("-drive", "if=none,id=root,format=qcow2,cache=unsafe,discard=unmap,file=disk.img"));
    argv.addAll(List.of("-device", "virtio-blk-pci,drive=root,serial=root"));
    if (!disk.isEmpty()) {
      String file = disk.replaceFirst(":[a-z0-9=,]*$", "").replace(",", ",,");
      argv.addAll(List.of("-drive", "if=none,id=more,format=raw,cache=unsafe,file=" + file));
      argv.addAll(List.of("-device", "virtio-blk-pci,drive=more"));
    }
    argv.addAll(List.of("-netdev", network(address)));
    argv.addAll(List.of("-device", "virtio-net-pci,netdev=net0,romfile=", "-device"));
    argv.addAll(List.of("virtio-rng-pci", "-serial", "file:standin-console.log"));
    argv.addAll(List.of("-qmp", "unix:standin-qmp,server=on,wait=off"));
    if (resume) {
      argv.addAll(List.of("-incoming", "exec:cat " + StandInVm.STATE, "-S"));
    }
    return argv;
  }

  private static String network(String address) {
    String ssh = System.getenv().getOrDefault("BAKEHOUSE_TART_SSH_PORT", "" + SSH_PORT);
    String forward = ",hostfwd=tcp:" + address + ":";
    return "user,id=net0,ipv6=off,restrict=on,net=192.168.127.0/24,host=192.168.127.2,"
        + "dns=192.168.127.3,dhcpstart="
        + GUEST
        + (forward + ssh + "-" + GUEST + ":22")
        + (forward + AGENT_PORT + "-" + GUEST + ":8080");
  }

  /// The JDK has no supported way to catch signals; the unsupported one is reached by name.
  private static void onSignal(String name, Runnable action) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object proxy =
        Proxy.newProxyInstance(
            StandInRun.class.getClassLoader(),
            new Class<?>[] {handler},
            (_, _, _) -> {
              Thread.ofVirtual().start(action);
              return null;
            });
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
  }
}
