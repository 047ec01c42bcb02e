package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// QEMU's argument list for a VM.
final class CommandLine {
  static final String ROOT_DISK = "root.qcow2";
  static final String CACHE_DISK = "cache.qcow2";
  static final String CONSOLE = "console.log";
  static final String CONTROL = "ctl.sock";
  static final String MONITOR = "qmp.sock";
  static final String KERNEL = "kernel";
  static final String INITRD = "initrd";
  static final String MEMORY = "ram";

  private final Qemu qemu;

  CommandLine(Qemu qemu) {
    this.qemu = qemu;
  }

  List<String> build(Plan plan) {
    Shape shape = plan.shape();
    List<String> argv = new ArrayList<>(List.of(qemu.binary().toString()));
    add(argv, "-nodefaults", "-no-user-config", "-display", "none");
    add(argv, "-accel", qemu.accel().equals("tcg") ? "tcg,thread=multi,tb-size=512" : qemu.accel());
    add(argv, "-machine", qemu.arch().machine + ",memory-backend=mem");
    add(argv, "-cpu", qemu.arch().cpu(qemu.accel()));
    add(argv, "-smp", Integer.toString(shape.cpus()), "-m", Integer.toString(shape.memoryMb()));
    String memory = "memory-backend-file,id=mem,size=" + shape.memoryMb() + "M,mem-path=";
    String share = plan.incoming() ? ",share=off" : ",share=on";
    add(argv, "-object", memory + Options.value(plan.memory()) + share);
    kernel(plan).ifPresent(a -> add(argv, "-kernel", KERNEL, "-initrd", INITRD, "-append", a));
    disk(argv, "root", ROOT_DISK);
    disk(argv, "cache", CACHE_DISK);
    add(
        argv,
        "-netdev",
        network(shape.network()),
        "-device",
        "virtio-net-pci,netdev=net0,romfile=");
    add(argv, "-device", "virtio-rng-pci", "-device", "virtio-serial-pci");
    add(argv, "-chardev", "socket,id=ctl,path=" + CONTROL + ",server=on,wait=off");
    add(argv, "-device", "virtserialport,chardev=ctl,name=dev.bakehouse.ctl");
    add(argv, "-serial", "file:" + CONSOLE);
    add(argv, "-qmp", "unix:" + MONITOR + ",server=on,wait=off");
    if (!plan.reboot()) {
      argv.add("-no-reboot");
    }
    if (plan.incoming()) {
      add(argv, "-incoming", "defer");
    }
    return argv;
  }

  /// What a template and a VM resumed from it must have in common, as one digest: the machine as
  /// the guest sees it, and the QEMU that plays it.
  String signature(Shape shape, Optional<String> append) {
    List<String> parts = new ArrayList<>(build(new Plan(shape, append, MEMORY, false, false)));
    parts.add(qemu.version());
    return Digests.hex(String.join("\0", parts));
  }

  private static Optional<String> kernel(Plan plan) {
    Optional<String> network = plan.shape().network().kernelWord();
    if (network.isPresent() && plan.append().isEmpty()) {
      throw new UserError(
          "A guest that boots by firmware can not be told its network "
              + plan.shape().network().subnet(),
          "Leave `vm.subnet` out, or use an image whose config.json names kernel and initrd.");
    }
    return plan.append().map(line -> line + network.map(word -> " " + word).orElse(""));
  }

  /// The guest's sshd is reached by a port of the host's loopback that QEMU itself chooses (port
  /// 0), so nobody can take it in between. `restrict` closes every other way out.
  private static String network(Network network) {
    return "user,id=net0,ipv6=off,restrict="
        + (network.outbound() ? "off" : "on")
        + ",net="
        + network.subnet()
        + ",host="
        + network.gateway()
        + ",dns="
        + network.resolver()
        + ",dhcpstart="
        + network.guest()
        + ",hostfwd=tcp:127.0.0.1:0-"
        + network.guest()
        + ":22";
  }

  /// A full host disk pauses the VM ([QemuVm#stalled] tells); other errors come to the guest.
  private static void disk(List<String> argv, String serial, String file) {
    String drive = "if=none,format=qcow2,cache=unsafe,discard=unmap,id=";
    String errors = ",werror=enospc,rerror=report";
    add(argv, "-drive", drive + serial + ",file=" + file);
    add(argv, "-device", "virtio-blk-pci,drive=" + serial + ",serial=" + serial + errors);
  }

  private static void add(List<String> argv, String... more) {
    argv.addAll(List.of(more));
  }
}
