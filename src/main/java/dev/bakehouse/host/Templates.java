package dev.bakehouse.host;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.job.Machines;
import dev.bakehouse.job.Phases;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Slots;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// Makes the templates that let jobs start quickly, in free slots.
final class Templates {
  private static final Duration SLOT = Duration.ofMinutes(30);
  private static final Duration FIRST = Duration.ofMinutes(1);

  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final Machines machines;
  private final PrintStream log;
  private final Consumer<String> say;

  Templates(HostSettings host, Hypervisor hypervisor, PrintStream log, Consumer<String> say) {
    this.host = host;
    this.hypervisor = hypervisor;
    this.machines = new Machines(host, hypervisor);
    this.log = log;
    this.say = say;
  }

  /// All of an image, before the first job comes. Without them jobs boot. Jobs of a daemon before
  /// may still have the slots: they are not waited for where all is there.
  void beforeJobs(ImageLease image) {
    if (unwanted() || ready(image.image())) {
      return;
    }
    Slots slots = Jobs.slots(host);
    // Each lease is held until all are made: a slot's template can only be made in that slot.
    List<Lease> leases = new ArrayList<>();
    try {
      for (int n = 0; n < count(); n++) {
        leases.add(slots.acquire(FIRST, say));
        make(image, leases.getLast());
      }
    } catch (UserError e) {
      say.accept("no template: " + e.getMessage());
      return;
    } finally {
      leases.forEach(Lease::close);
    }
    say.accept("template ready");
  }

  /// Those of an image that is to take the place of another while jobs run: waits for one free
  /// slot; a slot that is busy gets its template from its own next job.
  ///
  /// @param old what jobs run in now
  /// @throws UserError when there can be none, though the old image has one
  void besideJobs(LocalImage image, Optional<LocalImage> old) {
    if (unwanted()) {
      return;
    }
    Slots slots = Jobs.slots(host);
    List<Lease> leases = new ArrayList<>();
    try (ImageLease held = new Images(host).store().use(image.name(), "template")) {
      leases.add(slots.acquire(SLOT, say));
      make(held, leases.getFirst());
      for (int n = 1; n < count(); n++) {
        Optional<Lease> free = slots.tryAcquire();
        if (free.isEmpty()) {
          break;
        }
        leases.add(free.get());
        make(held, free.get());
      }
    } catch (UserError e) {
      int slot = leases.isEmpty() ? 0 : leases.getFirst().slot();
      if (leases.isEmpty() || old.filter(o -> machines.hasTemplate(o, slot)).isPresent()) {
        throw e;
      }
      say.accept("no template: " + e.getMessage());
      return;
    } finally {
      leases.forEach(Lease::close);
    }
    say.accept("template of " + image.name() + " ready");
  }

  private boolean ready(LocalImage image) {
    return IntStream.rangeClosed(1, count()).allMatch(slot -> machines.hasTemplate(image, slot));
  }

  private boolean unwanted() {
    return host.vm().start().equals("boot");
  }

  private int count() {
    return hypervisor.templatePerSlot() ? host.slots() : 1;
  }

  private void make(ImageLease image, Lease lease) {
    machines.template(image, lease, new Phases(log));
  }
}
