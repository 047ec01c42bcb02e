package dev.bakehouse.vm.qemu;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// QEMU on this host, with all its VMs and templates below one state directory.
public final class QemuHypervisor implements Hypervisor {
  private final Path state;
  private final String searchPath;
  private final boolean keep;
  private final VmHome home;
  private final TemplateHome templates;

  /// VMs made through this belong to this process until it starts them detached.
  public QemuHypervisor(Path state) {
    this(state, Owner.PIPE);
  }

  /// @param owner DETACHED: what is made lives on after this process, also before it is started
  public QemuHypervisor(Path state, Owner owner) {
    this(state, owner, Optional.ofNullable(System.getenv("PATH")).orElse(""));
  }

  QemuHypervisor(Path state, Owner owner, String searchPath) {
    this.state = state.toAbsolutePath();
    this.searchPath = searchPath;
    this.keep = owner == Owner.DETACHED;
    this.home = new VmHome(this.state);
    this.templates = new TemplateHome(this.state);
  }

  @Override
  public String name() {
    return "qemu";
  }

  @Override
  public boolean templatePerSlot() {
    return false;
  }

  @Override
  public Optional<VolumeDisks> volumes() {
    return Optional.of(new QemuVolumeDisks());
  }

  @Override
  public Vm create(String name, BaseImage image, Shape shape) {
    Path directory = image.directory().toAbsolutePath();
    BaseImage absolute = new BaseImage(image.name(), directory, image.digest());
    Path disk = directory.resolve("disk.img");
    if (!Files.isReadable(disk)) {
      throw new UserError(
          "The image " + image.name() + " has no readable disk " + disk,
          "`bakehouse image ensure` gets or makes it.");
    }
    return publish(
        record(name, absolute, shape, null),
        draft -> {
          Disks.fromImage(draft, absolute, shape.diskGb(), state);
          new BootFiles(state).provide(absolute, draft);
        });
  }

  @Override
  public Vm createFrom(String name, Template template) {
    TemplateFile file =
        TemplateFile.read(template.directory())
            .orElseThrow(
                () ->
                    new UserError(
                        "The template " + template.key() + " is gone or torn", "Make it anew."));
    return publish(
        record(name, file.image(), file.shape(), ownTemplate(name)),
        draft -> {
          Disks.fromTemplate(draft, template.directory().toAbsolutePath());
          BootFiles.copy(template.directory(), draft);
        });
  }

  @Override
  public Vm copy(String source, String name) {
    QemuVm from = require(source);
    if (from.running()) {
      throw new UserError("The VM " + source + " runs", "Stop it, or suspend it to a template.");
    }
    VmRecord old = from.record();
    return publish(
        record(name, old.image(), old.shape(), old.template() == null ? null : ownTemplate(name)),
        draft -> {
          Disks.fromVm(draft, from.directory());
          BootFiles.copy(from.directory(), draft);
        });
  }

  @Override
  public Template suspend(Vm running, String key) {
    Path target = templates.directory(key);
    require(running.name()).suspendTo(key, target);
    return new Template(key, target);
  }

  /// The template, when this QEMU can resume it and nothing of it is missing.
  @Override
  public Optional<Template> template(String key) {
    Path directory = templates.directory(key);
    Optional<TemplateFile> file = TemplateFile.read(directory);
    try {
      boolean fits =
          file.isPresent()
              && new CommandLine(qemu())
                  .signature(file.get().shape(), BootFiles.append(directory))
                  .equals(file.get().signature())
              && BaseFiles.complete(directory);
      return fits ? Optional.of(new Template(key, directory)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void deleteTemplate(String key) {
    templates.delete(key);
  }

  @Override
  public List<TemplateInfo> templates() {
    return templates.all().stream()
        .flatMap(
            directory ->
                TemplateFile.read(directory).stream()
                    .map(
                        file ->
                            new TemplateInfo(
                                file.key(),
                                file.image(),
                                file.created(),
                                BaseFiles.ofTemplate(directory))))
        .toList();
  }

  private Stream<TemplateFile> templatesHere() {
    return templates.all().stream().flatMap(t -> TemplateFile.read(t).stream());
  }

  @Override
  public boolean attachesRunning() {
    return qemu().attachesRunning();
  }

  @Override
  public Optional<Vm> takeOver(String name) {
    return home.read(name)
        .filter(r -> r.hypervisor().equals(name()))
        .flatMap(home::inherit)
        .map(mine -> new QemuVm(home, qemu(), mine.record(), Optional.of(mine.hold())));
  }

  @Override
  public QemuVm vm(VmRecord record) {
    return new QemuVm(home, qemu(), record, Optional.empty());
  }

  @Override
  public Optional<Vm> find(String name) {
    return home.read(name).filter(r -> r.hypervisor().equals(name())).map(this::vm);
  }

  @Override
  public List<BaseImage> images() {
    return Stream.concat(
            home.all().stream().filter(r -> r.hypervisor().equals(name())).map(VmRecord::image),
            templatesHere().map(TemplateFile::image))
        .distinct()
        .toList();
  }

  @Override
  public List<VmInfo> list() {
    return home.list(name(), QemuProcess.IDENTITY);
  }

  private Vm publish(VmRecord record, Filling filling) {
    home.directory(record.name());
    try {
      Qemu qemu = qemu();
      Path draft = home.draft();
      try {
        Disks.require(draft, 64, "A new VM");
        filling.fill(draft);
        home.publish(draft, record);
      } finally {
        Trees.delete(draft);
      }
      return new QemuVm(home, qemu, record, Optional.empty());
    } catch (IOException e) {
      throw new UserError(
          "Could not make the VM " + record.name() + ": " + e,
          "Check the space and mode of " + state + ".",
          e);
    }
  }

  /// Where a VM has the template it resumes from.
  private String ownTemplate(String name) {
    return home.directory(name).resolve(BaseFiles.TEMPLATE).toString();
  }

  private VmRecord record(String name, BaseImage image, Shape shape, @Nullable String template) {
    return new VmRecord(
        name, name(), image, shape, template, Processes.self(), keep, Instant.now(), null);
  }

  private QemuVm require(String name) {
    return home.read(name)
        .map(this::vm)
        .orElseThrow(
            () -> new UserError("There is no VM named " + name, "`bakehouse vm list` names all."));
  }

  private Qemu qemu() {
    return Qemu.detect(state, searchPath);
  }

  private interface Filling {
    void fill(Path draft) throws IOException;
  }
}
