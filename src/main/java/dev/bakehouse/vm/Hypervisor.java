package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What makes VMs on this host.
public interface Hypervisor {
  /// `qemu` or `tart`.
  String name();

  /// Whether two clones of one template can not run at once, so that each slot needs its own.
  boolean templatePerSlot();

  /// Where this hypervisor keeps images itself, in the layout of an image store; empty when any
  /// place will do.
  default Optional<Path> imageStore() {
    return Optional.empty();
  }

  /// An image this hypervisor keeps itself, by its exact name.
  default Optional<BaseImage> image(String name) {
    return Optional.empty();
  }

  /// Fails early where no template can be made of an image.
  ///
  /// @throws UserError saying why VMs of this image can only be booted
  default void insistSuspendable(BaseImage image) {}

  /// The disks of cache volumes; empty when its VMs can have none.
  default Optional<VolumeDisks> volumes() {
    return Optional.empty();
  }

  /// Whether a VM that runs can get a cache volume's disk ([Vm#attach]).
  default boolean attachesRunning() {
    return false;
  }

  /// Makes a VM that waits for an heir ([Vm#standBy]) this process's. Its owner before is one too
  /// until it lets go, which it does at once.
  ///
  /// @return nothing when the VM is gone, or another's
  Optional<Vm> takeOver(String name);

  /// A copy-on-write clone of an image, not started.
  Vm create(String name, BaseImage image, Shape shape);

  /// A clone of a suspended template, not started.
  Vm createFrom(String name, Template template);

  /// A copy of a stopped VM under another name, not started.
  Vm copy(String source, String name);

  /// Suspends a running VM and publishes it as a template in one atomic step. The VM is consumed.
  Template suspend(Vm running, String key);

  /// The template, if there is one that this hypervisor, as it is installed now, can resume.
  Optional<Template> template(String key);

  void deleteTemplate(String key);

  /// All templates by their keys, with what each was made from, those too that can not be resumed.
  Map<String, BaseImage> templates();

  /// The VM of a record; it ends no other, also when it has another owner by then.
  Vm vm(VmRecord record);

  /// The VM of exactly this name.
  Optional<Vm> find(String name);

  List<VmInfo> list();

  /// The images that VMs and templates were made from.
  List<BaseImage> images();

  /// Names in [#imageStore] that are no images but VMs and templates made here.
  default Set<String> notImages() {
    return Set.of();
  }
}
