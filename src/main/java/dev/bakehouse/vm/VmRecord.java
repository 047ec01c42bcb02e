package dev.bakehouse.vm;

import dev.bakehouse.platform.Processes.Identity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known of a VM, in its directory's `vm.json`.
///
/// @param image what its root disk was cloned from
/// @param template the template it was made from and not yet resumed from; null once it ran
/// @param owner the process it lives for
/// @param kept made by hand: lives on without its owner, only an exact name ends it
/// @param standby what it waits for with nothing of a job in it, see [Vm#standBy]; null otherwise
public record VmRecord(
    String name,
    String hypervisor,
    BaseImage image,
    Shape shape,
    @Nullable String template,
    Identity owner,
    boolean kept,
    Instant created,
    @Nullable String standby) {

  /// Whether whoever wanted this VM is dead.
  public boolean orphan() {
    return !kept && owner.alive().isEmpty();
  }

  /// The same VM of the same owner, not another one of its name.
  public boolean same(VmRecord other) {
    return name.equals(other.name) && created.equals(other.created) && owner.equals(other.owner);
  }

  /// Whether it waits, its owner alive, for somebody to take it over.
  public boolean waits() {
    return standby != null && !orphan();
  }

  /// The record of a VM that waits.
  public VmRecord standingBy(String key) {
    return new VmRecord(name, hypervisor, image, shape, template, owner, kept, created, key);
  }

  /// The record of a VM that begins to run for `owner`.
  public VmRecord startedFor(Identity who, boolean keep) {
    return new VmRecord(name, hypervisor, image, shape, null, who, keep, created, null);
  }

  /// The record of a VM that lives on without its owner.
  public VmRecord keep() {
    return startedFor(owner, true);
  }

  /// `pid N`, `pid N (gone)`, `kept`.
  public String ownerText() {
    if (kept) {
      return "kept";
    }
    return "pid " + owner.pid() + (owner.alive().isPresent() ? "" : " (gone)");
  }
}
