package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.OlderGuest;
import dev.bakehouse.job.GuestVolume.Mounted;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VolumeDisks;
import dev.bakehouse.volume.Taken;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/// The cache volume of one job, from before its VM starts to after it has gone: a clone of the
/// newest generation of the job's own scope, else of its base's. What it becomes is only ever kept
/// as its own scope's.
///
/// Nothing here fails a job. Where a volume can not be had, the caches are carried in and out.
final class JobVolume {
  /// A generation so young is used whatever the store has: hosts take turns with a branch's jobs.
  private static final Duration YOUNG = Duration.ofDays(1);

  private enum State {
    NONE,
    ATTACHED,
    MOUNTED,
    SEALED
  }

  private final Phases phases;
  private final Volumes volumes;
  private final VolumeDisks disks;
  private final List<VolumeKey> reads;
  private final Optional<VolumeKey> writes;
  private final List<Kind> kinds;
  private final GuestVolume guest;
  private final Predicate<Volume> stale;
  private State state = State.NONE;
  private Optional<Volume> from = Optional.empty();
  private OptionalLong since = OptionalLong.empty();

  /// Why it could not be mounted; only told where its VM is used all the same.
  private Optional<String> trouble = Optional.empty();

  private boolean emptied;

  private JobVolume(
      Phases phases,
      Volumes volumes,
      VolumeDisks disks,
      List<VolumeKey> reads,
      Optional<VolumeKey> writes,
      List<Kind> kinds,
      GuestVolume guest,
      Predicate<Volume> stale) {
    this.phases = phases;
    this.volumes = volumes;
    this.disks = disks;
    this.reads = reads;
    this.writes = writes;
    this.kinds = kinds;
    this.guest = guest;
    this.stale = stale;
  }

  /// Empty when the job's caches can be on none. Artifacts can only be left by a job itself, so
  /// what a volume keeps could not be brought to such a store after it.
  ///
  /// @param stale whether the store has something better than a generation; asked of an older one
  static Optional<JobVolume> of(
      HostSettings settings,
      Hypervisor hypervisor,
      Access access,
      Decision decision,
      JobIdentity job,
      Path cachePath,
      Predicate<Volume> stale,
      Phases phases) {
    List<Kind> kinds = decision.kinds();
    boolean inside = kinds.stream().noneMatch(kind -> Path.of(kind.path()).isAbsolute());
    boolean artifacts = settings.cache().plain() || settings.cacheStore().startsWith("buildkite:");
    if (settings.cache().volumes() == 0 || kinds.isEmpty() || !inside || artifacts) {
      return Optional.empty();
    }
    List<VolumeKey> reads =
        decision.strategy().reads()
            ? access.reads().stream().map(read -> key(read.scope(), job, kinds)).toList()
            : List.of();
    Optional<VolumeKey> writes =
        access.writes().filter(_ -> decision.strategy().writes()).map(s -> key(s, job, kinds));
    return hypervisor
        .volumes()
        .map(
            disks ->
                new JobVolume(
                    phases,
                    new Volumes(settings.state()),
                    disks,
                    reads,
                    writes,
                    kinds,
                    new GuestVolume(cachePath),
                    stale));
  }

  private static VolumeKey key(Scope scope, JobIdentity job, List<Kind> kinds) {
    return new VolumeKey(scope.key(), job.step().text(), kinds.stream().map(Kind::name).toList());
  }

  /// Begins to give the volume to a VM whose guest has not used any, and to mount it as soon as
  /// that can be asked to.
  ///
  /// @return waits for the end of it; an interrupt breaks it off
  Runnable attach(Vm vm, Future<Control> identified) {
    Thread attaching =
        Threads.start(
            () -> {
              attach(vm);
              early(identified);
            });
    return () -> Threads.joinOrInterrupt(attaching);
  }

  private void attach(Vm vm) {
    state = State.NONE;
    from = Optional.empty();
    since = OptionalLong.empty();
    trouble = Optional.empty();
    try {
      from = phases.part(Phase.ATTACH, () -> clone(vm));
      state = State.ATTACHED;
    } catch (Exception e) {
      phases.say("Caches: no volume: " + e.getMessage());
    }
  }

  private void early(Future<Control> identified) {
    try {
      Control control = identified.get();
      phases.part(
          Phase.ATTACH,
          () -> {
            mount((code, args) -> OwnCommands.perl(control, GuestSystem.LINUX, "root", code, args));
            return control;
          });
    } catch (OlderGuest e) {
      // There is another way, by the connection.
    } catch (InterruptedException | ExecutionException | CancellationException e) {
      // It does not come, and who starts it says why.
    } catch (Exception e) {
      failed(e);
    }
  }

  private void failed(Exception e) {
    state = State.NONE;
    from = Optional.empty();
    trouble = Optional.of(String.valueOf(e.getMessage()));
  }

  private Optional<Volume> clone(Vm vm) throws IOException {
    Optional<Volume> newest = volumes.newest(reads);
    if (newest.isEmpty() || aged(newest.get())) {
      vm.attach(List.of());
      return Optional.empty();
    }
    try {
      return Optional.of(volumes.attach(vm, newest.get()));
    } catch (IOException | UserError e) {
      // Where a new disk can not be had either, the host is at fault.
      vm.attach(List.of());
      boolean dropped = volumes.discardUnreadable(newest.get());
      phases.say(
          "Caches: "
              + newest.get().shown()
              + (dropped ? " on this host is dropped: " : " on this host could not be had: ")
              + e.getMessage());
      return Optional.empty();
    }
  }

  private boolean aged(Volume volume) {
    if (volume.kept().plus(YOUNG).isAfter(Instant.now()) || !stale.test(volume)) {
      return false;
    }
    phases.say("Caches: the store has newer ones than " + volume.shown() + " on this host");
    return true;
  }

  /// Mounts it in the guest; a new file system, where that of the generation is of no use.
  ///
  /// @return when, by the guest's clock in seconds, where the caches are on the volume from now on
  OptionalLong mount(Machine machine) {
    try {
      mount((code, args) -> machine.own().perl("root", code, args));
    } catch (IOException | UserError e) {
      failed(e);
    }
    trouble.ifPresent(
        why -> phases.say("Caches: no volume, so they are carried in and out: " + why));
    return since;
  }

  private void mount(GuestVolume.Perl guests) throws IOException {
    if (state != State.ATTACHED) {
      return;
    }
    GuestVolume.Disk disk = from.isEmpty() ? GuestVolume.Disk.EMPTY : GuestVolume.Disk.KEPT;
    Mounted answer = guest.mount(guests, disk, disks.size());
    if (answer instanceof Mounted.Useless(String why) && from.isPresent()) {
      phases.say("Caches: " + from.get().shown() + " is of no use: " + why);
      from = Optional.empty();
      answer = guest.mount(guests, GuestVolume.Disk.USELESS, disks.size());
    }
    switch (answer) {
      case Mounted.At(long seconds) -> {
        state = State.MOUNTED;
        since = OptionalLong.of(seconds);
      }
      case Mounted.Useless(String why) -> throw new IOException(why);
    }
  }

  /// The generation the mounted volume began as; empty for a new one.
  Optional<Volume> from() {
    return from;
  }

  /// Whether a kind begins from nothing, so that what comes of it may be less than the store has.
  boolean startsOver(Kind kind) {
    return emptied || from.filter(v -> "".equals(v.published().get(kind.name()))).isPresent();
  }

  /// Whether the caches are on it.
  boolean mounted() {
    return state == State.MOUNTED;
  }

  /// After the job has passed: lets the guest let go of it, unless nobody may keep it.
  void seal(Machine machine) {
    if (state != State.MOUNTED || writes.isEmpty()) {
      return;
    }
    try {
      GuestVolume.Seal seal = guest.seal(machine, kinds);
      if (seal.used()) {
        phases.say("Caches: processes of the job still used the volume; it is as they left it");
      }
      if (seal.emptied()) {
        phases.say(
            "Caches: the volume is nearly full, so it starts over: the next job finds it empty");
      }
      emptied = seal.emptied();
      state = State.SEALED;
    } catch (IOException e) {
      phases.say("Caches: warning: the volume is dropped: " + e.getMessage());
    }
  }

  /// Ends the VM and takes the sealed volume from it; empty when there is none to keep.
  Optional<Sealed> take(Vm vm) {
    if (state != State.SEALED) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Sealed(volumes.take(vm, disks), writes.orElseThrow()));
    } catch (IOException | UserError e) {
      phases.say("Caches: warning: the volume is dropped: " + e.getMessage());
      return Optional.empty();
    }
  }

  /// @param taken the disk
  /// @param key what it is to be the next generation of
  record Sealed(Taken taken, VolumeKey key) {}
}
