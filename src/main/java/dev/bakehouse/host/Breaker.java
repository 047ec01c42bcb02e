package dev.bakehouse.host;

import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.job.Failures;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Pauses the host after a few infrastructure failures in a row, tries the known mends, and lets it
/// take jobs again when a probe has shown that its VMs work. Probes that fail come ever later.
///
/// The pause is `STATE/breaker.json`: it outlives the daemon, and anybody can read it.
final class Breaker {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration LOOK = Duration.ofSeconds(1);

  /// Something that may help, and does no harm where it does not.
  ///
  /// @param work says what it did
  record Mend(String name, Work work) {
    interface Work {
      List<String> run() throws IOException;
    }
  }

  /// Starts a VM and runs a command in it.
  interface Probe {
    /// Whether it can begin: a host whose slots are all taken has none left for it.
    boolean possible();

    /// @return what went wrong; empty when all went well
    Optional<String> run() throws InterruptedException;
  }

  /// The pause.
  ///
  /// @param since ISO-8601
  /// @param why the failures
  /// @param probes how many have failed
  /// @param last what went wrong with the last of them
  /// @param due ISO-8601, when the next one comes
  record Pause(String since, String why, int probes, String last, String due) {
    /// For people.
    String text() {
      return probes == 0
          ? why + "; a probe follows"
          : why + "; probe " + probes + " failed: " + last + "; the next one is at " + due;
    }
  }

  private final Path file;
  private final Failures failures;
  private final OperationsSettings.Breaker rules;
  private final List<Mend> mends;
  private final Probe probe;
  private final Consumer<String> say;
  private final CountDownLatch stop;
  private volatile boolean soon;

  Breaker(
      Path state,
      OperationsSettings.Breaker rules,
      List<Mend> mends,
      Probe probe,
      Consumer<String> say,
      CountDownLatch stop) {
    this.file = state.resolve("breaker.json");
    this.failures = new Failures(state);
    this.rules = rules;
    this.mends = List.copyOf(mends);
    this.probe = probe;
    this.say = say;
    this.stop = stop;
  }

  void start() {
    Thread _ = Threads.start(this::run);
  }

  /// Something changed that may help: the next probe does not wait.
  void soon() {
    soon = true;
  }

  /// Why the host takes no jobs; empty when it does. The answer holds from the moment of the
  /// failure that was one too many.
  static Optional<String> reason(Path state, OperationsSettings.Breaker rules) {
    return read(state.resolve("breaker.json"))
        .map(Pause::text)
        .or(() -> why(new Failures(state).list(), rules.failures()));
  }

  private static Optional<String> why(List<Failures.Failure> all, int most) {
    return all.size() < most
        ? Optional.empty()
        : Optional.of(
            all.size()
                + " infrastructure failures in a row, the last: "
                + all.getLast().what().lines().findFirst().orElse(""));
  }

  void run() {
    new Repeat("looking", line -> say.accept("Breaker: " + line), this::look)
        .until(stop, () -> LOOK);
  }

  private void look() throws InterruptedException {
    failures.reserve();
    Optional<Pause> pause = read(file);
    if (pause.isEmpty()) {
      pause =
          why(failures.list(), rules.failures()).map(why -> new Pause(now(), why, 0, "", now()));
      pause.ifPresent(
          begun -> {
            write(begun);
            say.accept("takes no more jobs: " + begun.text());
          });
    }
    if (pause.isPresent() && (soon || due(pause.get())) && probe.possible()) {
      soon = false;
      mend();
      probed(pause.get());
    }
  }

  /// One that is later than any could be is of a clock that was wrong.
  private boolean due(Pause pause) {
    Instant due = Instant.parse(pause.due());
    Instant now = Instant.now();
    Duration longest =
        rules.firstPause().compareTo(rules.longestPause()) > 0
            ? rules.firstPause()
            : rules.longestPause();
    return !due.isAfter(now) || due.isAfter(now.plus(longest));
  }

  private void mend() {
    for (Mend mend : mends) {
      try {
        mend.work().run().forEach(done -> say.accept("mended: " + done));
      } catch (IOException | RuntimeException e) {
        say.accept("could not " + mend.name() + ": " + e.getMessage());
      }
    }
  }

  private void probed(Pause pause) throws InterruptedException {
    Optional<String> trouble = probe.run();
    if (stop.getCount() == 0) {
      return;
    }
    if (trouble.isEmpty()) {
      failures.clear();
      delete();
      say.accept("a probe ran in a VM; takes jobs again");
      return;
    }
    Duration wait = rules.firstPause().multipliedBy(1L << Math.min(pause.probes(), 20));
    Duration longest = rules.longestPause();
    Instant due = Instant.now().plus(wait.compareTo(longest) < 0 ? wait : longest);
    Pause next =
        new Pause(
            pause.since(),
            pause.why(),
            pause.probes() + 1,
            trouble.get(),
            due.truncatedTo(ChronoUnit.MILLIS).toString());
    write(next);
    say.accept("still takes no jobs: " + next.text());
  }

  private void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UserError(
          "Could not remove " + file + ": " + e, "Remove it: the host is sound.", e);
    }
  }

  private void write(Pause pause) {
    Directories.writePrivate(file, JSON.writeValueAsBytes(pause));
  }

  /// A torn file is no pause: the failures that led to it are still there.
  private static Optional<Pause> read(Path file) {
    try {
      Pause pause = JSON.readValue(Files.readAllBytes(file), Pause.class);
      Instant _ = Instant.parse(pause.due());
      return Optional.of(pause);
    } catch (IOException | JacksonException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
