package dev.bakehouse.host;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.Demand;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.job.Machines;
import dev.bakehouse.job.StandbyVm;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Slots;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Keeps a VM waiting in each free slot, as far as memory goes, of the image the next job most
/// likely wants. Jobs take them, or end them where they want another, without asking here.
final class Standby implements AutoCloseable {
  /// A VM that was taken is let go of after this time at most.
  private static final Duration LOOK = Duration.ofMillis(250);

  private static final Duration INTERRUPT = Duration.ofMillis(100);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);
  private static final Duration TRIM = Duration.ofMinutes(5);

  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final List<Offer> offers;
  private final Slots slots;
  private final Supplier<Optional<String>> away;
  private final Consumer<String> say;
  private final News news;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private final List<StandbyVm> all = new ArrayList<>();
  private Instant pausedUntil = Instant.MIN;
  private Instant trimAgain = Instant.MIN;

  /// What jobs were told last; what an ended daemon told is not known.
  private Optional<String> told = Optional.of("");

  private Standby(
      HostSettings host,
      Hypervisor hypervisor,
      Supplier<Optional<String>> away,
      Consumer<String> say) {
    this.host = host;
    this.hypervisor = hypervisor;
    this.offers = offers(host, hypervisor);
    this.slots = Jobs.slots(host);
    this.away = away;
    this.say = say;
    this.news = new News(say);
    this.thread = Threads.start(this::run);
  }

  /// Begins; only keeps templates within their budget on a host that is given no memory for VMs.
  ///
  /// @param away why no job will come
  static Standby start(
      HostSettings host,
      Hypervisor hypervisor,
      Supplier<Optional<String>> away,
      Consumer<String> say) {
    return new Standby(host, hypervisor, away, say);
  }

  /// Ends all VMs that wait.
  @Override
  public void close() {
    stop.countDown();
    Threads.join(List.of(thread));
  }

  private void run() {
    try {
      Duration pause = wanted() ? LOOK : TRIM;
      while (!stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          look();
        } catch (RuntimeException e) {
          news.accept("no VM on standby: " + e.getMessage());
          pausedUntil = Instant.now().plus(AFTER_FAILURE);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      all.forEach(StandbyVm::end);
    }
  }

  private void look() {
    keep(StandbyVm::waits);
    Optional<String> none = away.get();
    if (wanted() && !none.equals(told)) {
      Demand.of(host).unmet(none);
      told = none;
    }
    if (none.isPresent()) {
      keep(_ -> false);
      return;
    }
    boolean making = wanted() && pausedUntil.isBefore(Instant.now());
    if (!making && all.isEmpty() && Instant.now().isBefore(trimAgain)) {
      return;
    }
    Offer next = next(offers);
    Machines machines = next.machines();
    Optional<String> key = next.images().here().map(machines::standbyKey);
    keep(vm -> key.filter(vm.key()::equals).isPresent());
    trim(next.images(), key);
    if (making
        && key.isPresent()
        && (all.size() + 1L) * machines.memoryMb() <= host.standby().memoryMb()
        && !slots.wanted(wish -> !wish.equals(key.get()))) {
      slots.tryAcquire().ifPresent(lease -> make(machines, next.images(), lease));
    }
  }

  /// An image that jobs may run in.
  ///
  /// @param host whose `image` it is
  record Offer(HostSettings host, Images images, Machines machines) {}

  /// All of a host, its own first.
  static List<Offer> offers(HostSettings host, Hypervisor hypervisor) {
    return host.offered().stream()
        .map(offered -> host.withImage(offered.name()))
        .map(each -> new Offer(each, new Images(each), new Machines(each, hypervisor)))
        .toList();
  }

  /// That of the image which the next job most likely wants. Any that is none of the offers, as one
  /// that a rollout has replaced, stands for the host's own.
  static Offer next(List<Offer> offers) {
    return Demand.of(offers.getFirst().host())
        .likely()
        .flatMap(name -> offers.stream().filter(o -> o.host().image().equals(name)).findFirst())
        .filter(offer -> offer.images().here().isPresent())
        .orElse(offers.getFirst());
  }

  private boolean wanted() {
    return host.standby().memoryMb() > 0 && !host.vm().start().matches("boot|resume");
  }

  private void trim(Images images, Optional<String> next) {
    Instant now = Instant.now();
    if (now.isBefore(trimAgain)) {
      return;
    }
    trimAgain = now.plus(TRIM);
    Set<String> here =
        images.store().list().stream().map(LocalImage::content).collect(Collectors.toSet());
    new TemplateSpace(hypervisor, ((long) host.standby().diskGb()) << 30)
        .trim(image -> here.contains(image.digest()) || kept(image), next)
        .forEach(key -> say.accept("deleted the template " + key));
  }

  /// Whether the hypervisor keeps the image itself, and no store does.
  private boolean kept(BaseImage image) {
    return hypervisor
        .image(image.name())
        .filter(now -> now.digest().equals(image.digest()))
        .isPresent();
  }

  private interface Which {
    boolean of(StandbyVm vm);
  }

  private void keep(Which which) {
    for (StandbyVm vm : List.copyOf(all)) {
      if (!which.of(vm)) {
        all.remove(vm);
        vm.end();
      }
    }
  }

  /// Breaks off when somebody waits for the slot that what is made here is of no use to.
  private void make(Machines machines, Images images, Lease lease) {
    CountDownLatch made = new CountDownLatch(1);
    AtomicBoolean brokenOff = new AtomicBoolean();
    Thread maker = Thread.currentThread();
    PrintStream nothing =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    try (lease;
        ImageLease image = images.lease("standby", nothing)) {
      String key = machines.standbyKey(image.image());
      Thread watch =
          Threads.start(
              () -> {
                if (unwanted(key, made)) {
                  brokenOff.set(true);
                  maker.interrupt();
                }
              });
      try {
        StandbyVm vm = StandbyVm.make(machines, image, lease);
        all.add(vm);
        news.accept("VM " + vm.name() + " waits for a job");
      } catch (RuntimeException e) {
        if (!brokenOff.get()) {
          throw e;
        }
      } finally {
        made.countDown();
        Threads.join(List.of(watch));
        boolean _ = Thread.interrupted();
      }
    }
  }

  private boolean unwanted(String key, CountDownLatch made) {
    try {
      while (!made.await(INTERRUPT.toMillis(), TimeUnit.MILLISECONDS)) {
        if (stop.getCount() == 0 || slots.wanted(wish -> !wish.equals(key))) {
          return true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
