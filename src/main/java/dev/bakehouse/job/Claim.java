package dev.bakehouse.job;

import dev.bakehouse.guest.SshSession;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Slots;
import java.nio.file.Path;
import java.util.Optional;

/// A slot whose VM waits, held for a job from before it knows what to do in it: the session of the
/// job's command starts in the guest while the host looks at the repository. Nobody has taken the
/// VM over yet, and unless the job asks for the slot, the VM waits on.
final class Claim implements AutoCloseable {
  private Optional<Lease> lease;
  private Optional<SshSession> session;

  private Claim(Optional<Lease> lease, Optional<SshSession> session) {
    this.lease = lease;
    this.session = session;
  }

  static Claim none() {
    return new Claim(Optional.empty(), Optional.empty());
  }

  /// One, if there is such a VM now.
  ///
  /// @param connections where those of VMs are
  static Claim of(Machines machines, Slots slots, LocalImage image, Path connections) {
    Optional<Lease> lease = machines.waiting(slots, image);
    Optional<SshSession> session =
        lease.flatMap(Lease::waiting).flatMap(vm -> Heir.ahead(machines, vm, connections));
    lease.ifPresent(_ -> Demand.of(machines.host()).note(image.name()));
    return new Claim(lease, session);
  }

  /// The slot, from now on the caller's.
  Optional<Lease> lease() {
    Optional<Lease> once = lease;
    lease = Optional.empty();
    return once;
  }

  /// The session in the slot's VM, from now on the caller's.
  Optional<SshSession> session() {
    Optional<SshSession> once = session;
    session = Optional.empty();
    return once;
  }

  @Override
  public void close() {
    session().ifPresent(SshSession::close);
    lease().ifPresent(Lease::leave);
  }
}
