package dev.bakehouse.job;

import dev.bakehouse.cache.StepFigures;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.VmSize;
import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.OlderGuest;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.Wish;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Makes the VMs of one host's jobs: by resume from a template, made when there is none, or by
/// boot.
public final class Machines {
  private static final Duration SLOT = Duration.ofHours(6);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final Shape shape;

  /// Machines of the host's own size, for the jobs of its own agents.
  ///
  /// @throws UserError when such a job could not reach the coordinator
  public Machines(HostSettings host, Hypervisor hypervisor) {
    this(host, hypervisor, JobShape.of(host, Map.of(), Optional.of(host.agent().endpoint())));
  }

  Machines(HostSettings host, Hypervisor hypervisor, Shape shape) {
    this.host = host;
    this.hypervisor = hypervisor;
    this.shape = shape;
  }

  /// A name no other VM has: what it is for, and eight random digits.
  static String name(String purpose) {
    byte[] random = new byte[4];
    RANDOM.nextBytes(random);
    return purpose + "-" + HexFormat.of().formatHex(random);
  }

  /// A VM that has not started yet.
  ///
  /// @param answer how long its guest may take to answer once it has
  /// @param speed how it starts: `boot` or `resume`
  record Fresh(Vm vm, Duration answer, String speed) {
    boolean resumes() {
      return speed.equals("resume");
    }
  }

  /// A clone of the image in the lease's slot, not started.
  ///
  /// @param mode `auto`, `boot` or `resume`; `auto`, as `standby` where no VM is put on standby,
  ///   boots when no template can be had, or when the step asked for a size of its own
  Fresh clone(ImageLease image, Lease lease, String name, String mode, Phases phases) {
    return image.steadily(
        now -> clone(image, now, lease, name, mode, phases), fresh -> fresh.vm().destroy());
  }

  private Fresh clone(
      ImageLease held, LocalImage image, Lease lease, String name, String mode, Phases phases) {
    if (mode.equals("resume") || (!mode.equals("boot") && usual())) {
      try {
        Template template = template(held, lease, phases);
        lease.bind(name);
        return new Fresh(hypervisor.createFrom(name, template), vmSettings().resume(), "resume");
      } catch (UserError e) {
        if (mode.equals("resume")) {
          throw e;
        }
        phases.say("no template (" + e.getMessage() + "); booting instead");
      }
    }
    lease.bind(name);
    return new Fresh(hypervisor.create(name, base(image), shape), vmSettings().boot(), "boot");
  }

  /// Makes the template of an image if there is none. It needs a slot: a VM runs while it is made.
  public Template template(ImageLease image, Lease lease, Phases phases) {
    return image.steadily(
        now -> template(now, lease, phases), template -> hypervisor.deleteTemplate(template.key()));
  }

  private Template template(LocalImage image, Lease lease, Phases phases) {
    String key = key(image, lease.slot());
    Optional<Template> there = hypervisor.template(key);
    if (there.isPresent()) {
      return there.get();
    }
    hypervisor.insistSuspendable(base(image));
    try (ExclusiveLock _ =
        ExclusiveLock.on(
            host.state().resolve("templates").resolve("." + key + ".lock"),
            () -> phases.say("another job makes the template; waiting"))) {
      Optional<Template> made = hypervisor.template(key);
      if (made.isPresent()) {
        return made.get();
      }
      // One that is there does not fit this QEMU or is torn; left in place it would hide the new
      // one.
      hypervisor.deleteTemplate(key);
      phases.say("making the template of image " + image.name() + " (a boot, once for each image)");
      String name = name("template");
      lease.bind(name);
      Vm vm = hypervisor.create(name, base(image), shape);
      try {
        vm.start(Owner.PIPE);
        try (Duplex channel = vm.control(GuestProgram.bytes());
            Control control = new Control(channel.in(), channel.out())) {
          control.hello(vmSettings().boot());
          warm(vm, control, phases);
        }
        return hypervisor.suspend(vm, key);
      } catch (RuntimeException e) {
        vm.destroy();
        throw e;
      }
    }
  }

  /// Resumed VMs have what the template has read and compiled; without it they only start slower.
  private void warm(Vm vm, Control control, Phases phases) {
    try {
      GuestSystem system = GuestSystem.of(vm.config());
      control.warm(new GuestPaths(system).tools(), vmSettings().boot());
      if (system == GuestSystem.LINUX) {
        List<String> programs = new ArrayList<>(GuestVolume.programs());
        programs.add(StepFigures.script());
        control.learn(programs, vmSettings().boot());
      }
    } catch (OlderGuest e) {
      // It compiles what comes when it comes.
    } catch (UserError e) {
      phases.say("the template's guest could not read ahead: " + e.getMessage());
    }
  }

  /// Whether the template is there, so that a start will be quick.
  public boolean hasTemplate(LocalImage image, int slot) {
    return hypervisor.template(key(image, slot)).isPresent();
  }

  /// Waits for a slot for a job of an image; a VM that waits in it is in the lease, where it is of
  /// use.
  ///
  /// @param volume whether the job's caches are on a volume
  Lease slot(Slots slots, LocalImage image, boolean volume, Consumer<String> progress) {
    Demand demand = Demand.of(host);
    demand.note(image.name());
    if (!vmSettings().start().equals("standby")) {
      return slots.acquire(wish(image, volume), SLOT, progress);
    }
    Wish wish = new Wish(standbyKey(image));
    return slots
        .standby(wish, vmSettings().boot(), () -> !usual() || demand.unmet().isPresent(), progress)
        .orElseGet(
            () -> {
              String why = demand.unmet().map(reason -> " (" + reason + ")").orElse("");
              progress.accept("no VM is put on standby" + why + "; starting one for this job");
              return slots.acquire(wish, SLOT, progress);
            });
  }

  /// A slot with a VM that waits for a job of an image, whatever caches it has; empty when there is
  /// none at once.
  Optional<Lease> waiting(Slots slots, LocalImage image) {
    Wish wish = wish(image, true);
    return wish.key().isEmpty() ? Optional.empty() : slots.waiting(wish);
  }

  /// What a standby VM is to be ready for, to be of use to a job of this image.
  ///
  /// @param volume whether the job's caches are on a volume, which not every hypervisor gives to a
  ///   VM that runs
  private Wish wish(LocalImage image, boolean volume) {
    String mode = vmSettings().start();
    boolean fits = usual() && (!volume || hypervisor.attachesRunning());
    return Set.of("auto", "standby").contains(mode) && fits
        ? new Wish(standbyKey(image))
        : Wish.NONE;
  }

  /// What a standby VM of an image is ready for; equal for those of equal use.
  public String standbyKey(LocalImage image) {
    return key(image);
  }

  /// The FIFO by which a VM is handed over.
  Path heir(String vm) {
    return VmHome.heir(new VmHome(host.state()).directory(vm));
  }

  HostSettings host() {
    return host;
  }

  /// What one of its VMs takes up, in MiB.
  public int memoryMb() {
    return shape.memoryMb();
  }

  Hypervisor hypervisor() {
    return hypervisor;
  }

  VmSettings vmSettings() {
    return host.vm();
  }

  /// Whether its guests reach more than this host. Only QEMU keeps them from it.
  boolean reachesOut() {
    return shape.network().outbound() || !hypervisor.name().equals("qemu");
  }

  /// Where the guest asks for names.
  Optional<String> resolver() {
    return shape.network().resolver(hypervisor);
  }

  /// A template, or a standby VM, for every size that steps think of would fill disk and memory.
  private boolean usual() {
    return size().is(host.vm().size(host.image()));
  }

  private VmSize size() {
    return new VmSize(shape.cpus(), shape.memoryMb(), shape.diskGb());
  }

  /// Whether a template of this key is one for jobs, and not made by hand.
  public static boolean made(String key, BaseImage image) {
    return key.startsWith(prefix(image.digest()));
  }

  private static String prefix(String content) {
    String plain = content.replaceFirst("^sha256:", "");
    return plain.substring(0, Math.min(16, plain.length())) + "-";
  }

  private String key(LocalImage image, int slot) {
    return hypervisor.templatePerSlot() ? key(image) + "-slot" + slot : key(image);
  }

  private String key(LocalImage image) {
    return prefix(image.content())
        + shape.cpus()
        + "c"
        + shape.memoryMb()
        + "m"
        + shape.diskGb()
        + "g"
        + (shape.network().outbound() ? "-outbound" : "")
        + shape.network().kernelWord().map(word -> "-" + word.replace('=', '-')).orElse("");
  }

  private static BaseImage base(LocalImage image) {
    return new BaseImage(image.name(), image.directory(), image.content());
  }
}
