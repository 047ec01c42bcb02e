package dev.bakehouse.job;

import dev.bakehouse.cache.CacheStore.More;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.volume.Volume;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/// Adds to a cache on a job's volume, beside the job's command, what the job's source in the store
/// has and the volume lacks: other hosts run the branch's jobs too. The job waits for none of it;
/// what has come when it ends stays.
final class TopUp {
  /// A guest ends when it is sent no more; one that does not is waited for no longer.
  static final Duration LAST = Duration.ofSeconds(10);

  private enum State {
    LOOKING,
    ADDING,
    ENDED
  }

  private final StepCaches caches;
  private final Kind kind;
  private final Volume generation;
  private final Machine machine;
  private final GuestVolume guest;
  private final AtomicReference<State> state = new AtomicReference<>(State.LOOKING);
  private final AtomicReference<String> outcome = new AtomicReference<>("");
  private final AtomicReference<Optional<String>> added = new AtomicReference<>(Optional.empty());
  private final AtomicReference<InputStream> sent =
      new AtomicReference<>(InputStream.nullInputStream());
  private final Thread thread;

  private TopUp(
      StepCaches caches, Kind kind, Volume generation, Machine machine, GuestVolume guest) {
    this.caches = caches;
    this.kind = kind;
    this.generation = generation;
    this.machine = machine;
    this.guest = guest;
    this.thread = Threads.start(this::run);
  }

  /// Begins on a thread of its own; empty when there is nothing to add to. What a generation lacks
  /// is not known before the store has it.
  ///
  /// @param kinds what the job restores
  /// @param generation what the mounted volume is
  static Optional<TopUp> start(
      StepCaches caches, List<Kind> kinds, Volume generation, Machine machine, Path cachePath) {
    return kinds.stream()
        .filter(kind -> kind.additive() && generation.published().containsKey(kind.name()))
        .findFirst()
        .map(kind -> new TopUp(caches, kind, generation, machine, new GuestVolume(cachePath)));
  }

  /// Ends it.
  ///
  /// @return what came of it, a line for the log; empty for nothing
  String end() {
    if (state.getAndSet(State.ENDED) == State.ADDING) {
      try {
        // A store that does not answer is left at that.
        sent.get().close();
        thread.join(LAST);
      } catch (IOException e) {
        // It ends all the same.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return outcome.get();
  }

  /// The snapshot of which files may have been added to a cache.
  Optional<String> added(Kind to) {
    return to.equals(kind) ? added.get() : Optional.empty();
  }

  private void run() {
    try {
      String has = generation.published().getOrDefault(kind.name(), "");
      Optional<More> more = caches.more(kind, generation.build(), has);
      if (more.isPresent() && state.compareAndSet(State.LOOKING, State.ADDING)) {
        add(more.get());
      }
    } catch (IOException | RuntimeException e) {
      outcome.set("warning: the volume lacks what other hosts' jobs left: " + e.getMessage());
    }
  }

  private void add(More more) throws IOException {
    String of = kind.name() + " of build " + more.of().address().build();
    List<String> lost = new CopyOnWriteArrayList<>();
    try (InputStream tar = more.tar(lost::add)) {
      sent.set(tar);
      GuestVolume.Added came = guest.add(machine, kind, untilEnded(tar));
      if (came.files() > 0) {
        outcome.set(
            String.format(
                Locale.ROOT,
                "added to the volume from %s: %,d files, %,d bytes, of %,d and %,d it lacked",
                of,
                came.files(),
                came.bytes(),
                more.files(),
                more.bytes()));
      }
      // What is damaged there is to be stored again.
      added.set(Optional.of(more.of().snapshot()).filter(_ -> lost.isEmpty()));
    } catch (IOException e) {
      throw new IOException("not all was added from " + of + ": " + e.getMessage(), e);
    }
  }

  private InputStream untilEnded(InputStream tar) {
    return new FilterInputStream(tar) {
      @Override
      public int read(byte[] buffer, int from, int length) throws IOException {
        return state.get() == State.ENDED ? -1 : super.read(buffer, from, length);
      }
    };
  }
}
