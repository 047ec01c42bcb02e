package dev.bakehouse.host;

import dev.bakehouse.host.ImageState.Standing;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Repair;
import dev.bakehouse.image.Verify;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Keeps one image ready beside the jobs, on a thread of its own: fetches one that is missing,
/// reads one again whose files changed, mends or fetches one that is damaged. What fails is tried
/// again, less and less often; nobody is needed.
final class ImageKeeper {
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration CHECK = Duration.ofMinutes(5);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration READ_AGAIN = Duration.ofDays(1);

  private final ImageCheck check;
  private final ImageMarks marks;
  private final PrintStream log;
  private final Consumer<String> say;
  private final Consumer<LocalImage> fetched;

  private volatile Requirement requirement = Requirement.NONE;
  private volatile boolean ready;
  private volatile String fetching = "";
  private volatile String registry = "";
  private int failures;
  private long due = System.nanoTime();
  private @Nullable Long asked;

  /// @param host whose `image` is the one to keep
  /// @param fetched is told when it came here
  ImageKeeper(
      HostSettings host,
      ImageMarks marks,
      PrintStream log,
      Consumer<String> say,
      Consumer<LocalImage> fetched) {
    this.check = new ImageCheck(host, marks);
    this.marks = marks;
    this.log = log;
    this.say = say;
    this.fetched = fetched;
  }

  /// How it stands now.
  ImageState look(Requirement required) {
    requirement = required;
    ImageState state = check.state(required);
    ready = state.ready();
    return switch (state.standing()) {
      case READY ->
          registry.isEmpty() ? state : state.and("image " + state.name() + ": " + registry);
      case CHANGED -> state;
      case MISSING, DAMAGED, UNFIT -> state.and(fetching);
    };
  }

  void start(CountDownLatch stop) {
    Repeat repeat = new Repeat("keeping the image", this::failed, this::act);
    Thread _ = Threads.start(() -> repeat.until(stop, () -> PAUSE));
  }

  private void act() throws IOException {
    if (ready) {
      // Found since the last time here: not asked for twice a second.
      ready = false;
      well();
      return;
    }
    Standing standing = check.state(requirement).standing();
    boolean wanting = standing != Standing.READY && standing != Standing.CHANGED;
    if (wanting && System.nanoTime() - due < 0) {
      return;
    }
    switch (standing) {
      case READY -> well();
      case CHANGED -> read();
      case MISSING, UNFIT -> fetch(false);
      case DAMAGED -> mend();
    }
  }

  /// Asks its registry now and then, which it could come from again; reads it once a day.
  private void well() throws IOException {
    failures = 0;
    fetching = "";
    if (asked == null || System.nanoTime() - asked > CHECK.toNanos()) {
      asked = System.nanoTime();
      registry = check.images().source().map(this::answer).orElse("");
    }
    Optional<LocalImage> image = check.image();
    Optional<ImageMarks.Mark> mark = image.flatMap(marks::of);
    if (mark.isPresent()
        && Instant.parse(mark.get().verified()).plus(READ_AGAIN).isBefore(Instant.now())) {
      read();
    }
  }

  private String answer(String source) {
    try {
      Reference reference = Reference.parse(source);
      boolean there =
          check
              .images()
              .repositories(new Log(log))
              .open(reference)
              .head(reference.selector())
              .isPresent();
      return there ? "" : "its registry has it no more";
    } catch (UserError e) {
      return "its registry does not answer";
    }
  }

  private void read() throws IOException {
    ImageStore store = check.images().store();
    Optional<LocalImage> image = check.image();
    if (image.isEmpty()) {
      return;
    }
    String stamp = ImageMarks.stamp(image.get().directory());
    String damage = "";
    if (store.find(image.get().name()).isPresent()) {
      say.accept("reading the image " + image.get().name() + " again");
      Verify.Finding finding = Verify.of(store, image.get().name());
      damage = finding.ok() ? "" : finding.wrong().getFirst();
      say.accept("image " + finding.name() + (finding.ok() ? " is whole" : ": " + damage));
    }
    marks.put(image.get(), stamp, Instant.now(), damage);
  }

  /// What is known to be wrong is not read once more: a change of the files would be seen.
  private void mend() throws IOException {
    Images images = check.images();
    Log lines = new Log(log);
    try {
      Verify.Finding _ =
          new Repair(images.store(), images.repositories(lines), lines)
              .run(new Verify.Finding(images.name(), false, "", "", List.of()));
      right("mended");
    } catch (UserError e) {
      if (images.source().isEmpty()) {
        throw e;
      }
      say.accept(e.getMessage() + "; fetching it anew");
      fetch(true);
    }
  }

  private void fetch(boolean force) throws IOException {
    Images images = check.images();
    if (images.source().isEmpty()) {
      fetching = "and nothing says where to get it from";
      return;
    }
    fetching = fetching.isEmpty() ? "it is being fetched" : fetching;
    LocalImage image = images.pull(log, force);
    right("fetched");
    if (check.state(requirement).ready()) {
      fetched.accept(image);
    } else {
      failed("what " + images.source().get() + " has does not do");
    }
  }

  /// What came was compared with its digests on the way.
  private void right(String how) throws IOException {
    LocalImage image = check.images().store().get(check.images().name());
    marks.put(image, ImageMarks.stamp(image.directory()), Instant.now(), "");
    say.accept("image " + image.name() + " is " + how);
  }

  private void failed(String why) {
    fetching = "it could not be fetched";
    failures++;
    long pause = Math.min(FIRST_RETRY.toSeconds() << Math.min(failures - 1, 20), CHECK.toSeconds());
    due = System.nanoTime() + Duration.ofSeconds(pause).toNanos();
    say.accept(why + " (again in " + pause + " s)");
  }
}
