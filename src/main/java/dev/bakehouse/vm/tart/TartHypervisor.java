package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.TemplateHome;
import dev.bakehouse.vm.TemplateInfo;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmInfo;
import dev.bakehouse.vm.VmRecord;
import dev.bakehouse.vm.VolumeDisks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tart on this host. Which VMs are Bakehouse's is written below the state directory; Tart keeps
/// their disks, under the same names. Images are local Tart VMs by their exact names.
public final class TartHypervisor implements Hypervisor {
  /// Where Tart keeps the memory of a suspended VM, beside its disk.
  private static final String SAVED = "state.vzvmsave";

  private static final long GIB = 1L << 30;
  private static final long TART_GB = 1_000_000_000L;

  private final Path state;
  private final boolean keep;
  private final TartSettings settings;
  private final VmHome home;
  private final TemplateHome templates;

  /// @param owner DETACHED: what is made lives on after this process, also before it is started
  /// @param boot until the guest agent of a VM answers
  public TartHypervisor(Path state, Owner owner, Duration boot) {
    this(state, owner, TartSettings.of(System.getenv(), boot));
  }

  TartHypervisor(Path state, Owner owner, TartSettings settings) {
    this.state = state.toAbsolutePath();
    this.keep = owner == Owner.DETACHED;
    this.settings = settings;
    this.home = new VmHome(this.state);
    this.templates = new TemplateHome(this.state);
  }

  /// Whether `tart` is on PATH.
  public static boolean installed() {
    return Tart.find(Optional.ofNullable(System.getenv("PATH")).orElse("")).isPresent();
  }

  @Override
  public String name() {
    return "tart";
  }

  /// A suspended clone keeps the MAC, and Tart runs no two VMs of one MAC.
  @Override
  public boolean templatePerSlot() {
    return true;
  }

  @Override
  public Optional<Path> imageStore() {
    return Optional.of(settings.vms());
  }

  @Override
  public Optional<BaseImage> image(String name) {
    return new TartImages(settings.vms()).find(name);
  }

  @Override
  public void insistSuspendable(BaseImage image) {
    if (!require(image.name()).suspendable()) {
      throw notSuspendable(image.name());
    }
  }

  static UserError notSuspendable(String name) {
    return new UserError(
        "The VM " + name + " can not be suspended: Tart suspends macOS guests only",
        "Set `vm.start: boot`.");
  }

  @Override
  public Optional<VolumeDisks> volumes() {
    return Optional.of(new TartVolumeDisks());
  }

  @Override
  public Vm create(String name, BaseImage image, Shape shape) {
    TartVmState source = require(image.name());
    if (source.running() || source.suspended()) {
      throw new UserError(
          "The image " + image.name() + " is " + source.state() + " and can not be cloned",
          "Shut it down in the guest; `tart stop " + image.name() + "` turns it off hard.");
    }
    TartVm vm = publish(name, image, shape, new TartFile(source.suspendable(), null));
    Optional<Long> disk =
        Optional.of(Math.ceilDiv(shape.diskGb() * GIB, TART_GB)).filter(gb -> gb > source.diskGb());
    return filled(
        vm,
        () -> {
          tart().cloneVm(image.name(), name);
          tart().set(name, shape.cpus(), shape.memoryMb(), disk);
        });
  }

  @Override
  public Vm createFrom(String name, Template template) {
    TartTemplate file =
        TartTemplate.read(template.directory())
            .orElseThrow(
                () ->
                    new UserError(
                        "The template " + template.key() + " is gone or torn", "Make it anew."));
    String directory = template.directory().toAbsolutePath().toString();
    TartVm vm = publish(name, file.image(), file.shape(), new TartFile(true, directory));
    return filled(vm, () -> tart().cloneVm(file.vm(), name));
  }

  /// A copy of a VM that was turned off has a MAC of its own; of one that is suspended, the same.
  @Override
  public Vm copy(String source, String name) {
    TartVm from = known(source);
    TartVmState now = require(source);
    if (from.running() || now.running()) {
      throw new UserError("The VM " + source + " runs", "Stop it, or suspend it to a template.");
    }
    TartFile file = TartFile.read(home.directory(source)).orElse(new TartFile(false, null));
    TartFile own = now.suspended() ? file : new TartFile(file.suspendable(), null);
    VmRecord old = from.record();
    TartVm vm = publish(name, old.image(), old.shape(), own);
    return filled(vm, () -> tart().cloneVm(source, name));
  }

  private static Vm filled(TartVm vm, Runnable filling) {
    try {
      filling.run();
      return vm;
    } catch (RuntimeException e) {
      vm.destroy();
      throw e;
    }
  }

  /// Writes the record before Tart has the VM: what is in Tart is never unknown to the reaper.
  private TartVm publish(String name, BaseImage image, Shape shape, TartFile file) {
    home.directory(name);
    if (tart().get(name).isPresent()) {
      throw new UserError(
          "There is a Tart VM named " + name + " already",
          "Choose another name; Bakehouse replaces no VM.");
    }
    @Nullable String template = file.template();
    VmRecord record =
        new VmRecord(
            name, name(), image, shape, template, Processes.self(), keep, Instant.now(), null);
    try {
      Path draft = home.draft();
      try {
        file.write(draft);
        home.publish(draft, record);
      } finally {
        Trees.delete(draft);
      }
      return vm(record);
    } catch (IOException e) {
      throw new UserError(
          "Could not make the VM " + name + ": " + e,
          "Check the space and mode of " + state + ".",
          e);
    }
  }

  @Override
  public Template suspend(Vm running, String key) {
    Path target = templates.directory(key);
    TartVm vm = known(running.name());
    vm.suspend(key);
    if (template(key).isPresent()) {
      vm.destroy();
    } else {
      deleteTemplate(key);
      vm.publish(target);
    }
    return new Template(key, target);
  }

  /// The template, when this host can resume it and Tart still has it suspended.
  @Override
  public Optional<Template> template(String key) {
    Path directory = templates.directory(key);
    return TartTemplate.read(directory)
        .filter(TartTemplate::fitsHost)
        .filter(t -> tart().get(t.vm()).filter(TartVmState::suspended).isPresent())
        .map(_ -> new Template(key, directory));
  }

  /// Tart's VM first: while the directory is there, somebody can still delete the VM by it.
  @Override
  public void deleteTemplate(String key) {
    TartTemplate.read(templates.directory(key)).ifPresent(t -> tart().delete(t.vm()));
    templates.delete(key);
  }

  @Override
  public List<TemplateInfo> templates() {
    return templatesHere()
        .map(file -> new TemplateInfo(file.key(), file.image(), file.created(), files(file.vm())))
        .toList();
  }

  /// The saved state alone: the disk shares its blocks with the image's.
  private List<Path> files(String vm) {
    return List.of(settings.vms().resolve(vm).resolve(SAVED));
  }

  @Override
  public Optional<Vm> takeOver(String name) {
    return home.read(name)
        .filter(r -> r.hypervisor().equals(name()))
        .flatMap(home::inherit)
        .map(m -> new TartVm(home, tart(), settings, m.record(), Optional.of(m.hold())));
  }

  @Override
  public TartVm vm(VmRecord record) {
    return new TartVm(home, tart(), settings, record, Optional.empty());
  }

  @Override
  public Optional<Vm> find(String name) {
    return home.read(name).filter(r -> r.hypervisor().equals(name())).map(this::vm);
  }

  @Override
  public List<VmInfo> list() {
    return home.list(name(), TartRun.IDENTITY);
  }

  @Override
  public List<BaseImage> images() {
    return Stream.concat(own().map(VmRecord::image), templatesHere().map(TartTemplate::image))
        .distinct()
        .toList();
  }

  @Override
  public Set<String> notImages() {
    return Stream.concat(own().map(VmRecord::name), templatesHere().map(TartTemplate::vm))
        .collect(Collectors.toSet());
  }

  private Stream<VmRecord> own() {
    return home.all().stream().filter(r -> r.hypervisor().equals(name()));
  }

  private Stream<TartTemplate> templatesHere() {
    return templates.all().stream().flatMap(t -> TartTemplate.read(t).stream());
  }

  private TartVm known(String name) {
    return home.read(name)
        .map(this::vm)
        .orElseThrow(
            () -> new UserError("There is no VM named " + name, "`bakehouse vm list` names all."));
  }

  private TartVmState require(String image) {
    return tart()
        .get(image)
        .orElseThrow(
            () ->
                new UserError(
                    "There is no Tart VM named " + image + " to clone",
                    "Tart has here: "
                        + tart().list().stream()
                            .map(TartVmState::name)
                            .collect(Collectors.joining(", "))
                        + "; `bakehouse image ensure` gets an image."));
  }

  private Tart tart() {
    return Tart.onPath(settings.searchPath());
  }
}
