package dev.bakehouse.rollout;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.ProjectError;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Keeps the image that hosts run up to date with its base and inputs: builds it, tries it in a VM
/// here, promotes it to this host, then step by step to all, and back when something fails.
///
/// A step is taken when the time for it has come and every host that is in and reports runs the
/// image. While one could not, the rollout stands; when more could not than run it, it goes back.
///
/// What it replaces is the document it judged: one that people put there meanwhile stays.
///
/// Where it stands follows from the registry and the document alone, so a pass may be killed at any
/// moment and begun again, here or elsewhere. An image that failed is not tried again before its
/// base or inputs change.
public final class Refresh {
  /// Reasons of its documents begin so; those of people are theirs to go on with.
  private static final String OWN = "refresh: ";

  /// How many polls a daemon may miss before it counts as not running.
  private static final int MISSED = 3;

  private final Workshop workshop;
  private final Promoter promoter;
  private final RolloutConfig config;
  private final String host;
  private final StateFile state;
  private final Path lock;
  private final Broken broken;
  private final Log log;

  /// @param host this one's name: the canary
  /// @param directory its state directory
  public Refresh(
      Workshop workshop,
      Promoter promoter,
      RolloutConfig config,
      String host,
      Path directory,
      Log log) {
    this.workshop = workshop;
    this.promoter = promoter;
    this.config = config;
    this.host = host;
    this.state = new StateFile(directory);
    this.lock = directory.resolve("refresh.lock");
    this.broken = new Broken(directory.resolve("refresh.json"));
    this.log = log;
  }

  /// Where a pass ended.
  public enum Standing {
    /// All hosts run an image of the wanted identity.
    UP_TO_DATE,
    /// The rollout went on.
    MOVED,
    /// The next step is not due yet.
    WAITING,
    /// The wanted image failed, now or before.
    FAILED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// @param why for people
  /// @param percent of the rollout of the wanted image; 0 when there is none
  public record Report(Standing standing, String why, int percent) {}

  /// One pass: goes on as far as it can without waiting.
  public Report pass(Wanted wanted) {
    if (wanted.identity().base().isEmpty()) {
      throw new UserError(
          "Could not tell the digest of the base " + wanted.config().baseName(),
          "Check the network and the registry; nothing was changed.");
    }
    try (ExclusiveLock _ =
        ExclusiveLock.on(lock, () -> log.say("waiting: another refresh runs on this host"))) {
      Report report = step(wanted);
      log.say("refresh: " + report.why());
      return report;
    }
  }

  /// Lets a wanted image that failed be tried again.
  public void forgive(Wanted wanted) {
    promoter.failures().clear(wanted.identity().hex());
    broken.clear();
  }

  private Report step(Wanted wanted) {
    String identity = wanted.identity().hex();
    Optional<Posted> judged = promoter.read();
    Optional<Document> document = judged.map(Posted::document);
    Optional<Target> current = document.flatMap(Document::current);
    int percent = document.map(Document::percent).orElse(0);
    boolean runs =
        current.flatMap(promoter.failures()::identity).filter(identity::equals).isPresent();
    if (promoter.failures().marked(identity)) {
      if (runs && document.get().reason().startsWith(OWN)) {
        Posted _ = promoter.rollback(judged, OWN + "the image failed");
      }
      return failed(
          "the wanted image failed before; it is tried again when its base or inputs change, or with --retry");
    }
    Optional<String> whyBroken = broken.why(identity);
    if (whyBroken.isPresent()) {
      return failed("it could not be built before: " + whyBroken.get());
    }
    if (!runs) {
      if (current.isPresent() && percent < 100) {
        String other = "a rollout of " + current.get() + " stands at " + percent + " %";
        return new Report(Standing.WAITING, other, 0);
      }
      return begin(wanted, judged);
    }
    return goOn(wanted, judged.get(), current.get());
  }

  private Report begin(Wanted wanted, Optional<Posted> judged) {
    Reference candidate = wanted.names().candidate(wanted.identity().hex());
    promoter.insistOurs(candidate);
    LocalImage image;
    try {
      image = workshop.candidate(wanted);
    } catch (ProjectError e) {
      broken.note(wanted.identity().hex(), String.valueOf(e.getMessage()));
      return failed(e.getMessage() + " " + e.remedy());
    }
    Target target = new Target(candidate.selector(), image.record().digest());
    try {
      tried(image, wanted);
    } catch (ProjectError e) {
      promoter.failures().mark(target);
      return failed(e.getMessage() + " " + e.remedy());
    }
    String reason = OWN + "base " + wanted.identity().base().orElse("");
    Posted _ = promoter.promote(judged, target, OptionalInt.of(0), List.of(host), reason);
    return new Report(Standing.MOVED, "the canary " + host + " is to run " + target, 0);
  }

  /// A second time before it is given up: this host may have been the cause.
  private void tried(LocalImage image, Wanted wanted) {
    try {
      workshop.smoke(image, wanted.config());
    } catch (ProjectError e) {
      log.say("smoke: trying once more: " + e.getMessage());
      workshop.smoke(image, wanted.config());
    }
  }

  private Report goOn(Wanted wanted, Posted judged, Target target) {
    Document document = judged.document();
    Health health = promoter.health(document, target);
    if (health.broken() && document.reason().startsWith(OWN)) {
      return back(judged, target, String.join(", ", health.failed()) + " could not run it");
    }
    if (document.percent() == 100) {
      workshop.release(wanted, Digest.parse(target.digest()));
      return new Report(Standing.UP_TO_DATE, "all hosts are to run " + target, 100);
    }
    HostState here = state.load();
    if (here.failed().equals(target.digest())) {
      return back(judged, target, "the canary " + host + " could not run it: " + here.trouble());
    }
    boolean runs =
        here.inForce().filter(now -> now.target().digest().equals(target.digest())).isPresent();
    if (daemonRuns(here) && !runs) {
      String why = "the canary " + host + " makes " + target + " ready";
      return new Report(Standing.WAITING, why, document.percent());
    }
    Optional<String> held = held(health);
    if (held.isPresent()) {
      String why = target + " stands at " + document.percent() + " %: " + held.get();
      return new Report(Standing.WAITING, why, document.percent());
    }
    Instant due = Instant.parse(document.time()).plus(config.step());
    if (document.percent() > 0 && Instant.now().isBefore(due)) {
      String why = target + " stands at " + document.percent() + " % until " + due;
      return new Report(Standing.WAITING, why, document.percent());
    }
    Document next =
        promoter
            .promote(
                Optional.of(judged),
                target,
                OptionalInt.empty(),
                document.canaries(),
                OWN + "next step")
            .document();
    if (next.percent() == 100) {
      workshop.release(wanted, Digest.parse(target.digest()));
    }
    return new Report(Standing.MOVED, target + " is at " + next.percent() + " %", next.percent());
  }

  private Report back(Posted judged, Target target, String why) {
    promoter.failures().mark(target);
    Posted _ = promoter.rollback(Optional.of(judged), OWN + why);
    return failed("the rollout of " + target + " went back: " + why);
  }

  /// What keeps the image from going to more hosts.
  private static Optional<String> held(Health health) {
    if (!health.failed().isEmpty()) {
      return Optional.of("could not run it: " + String.join(", ", health.failed()));
    }
    return health.pending().isEmpty()
        ? Optional.empty()
        : Optional.of("still to take it: " + String.join(", ", health.pending()));
  }

  /// Whether this host's daemon follows, and so can tell how the image does here.
  private boolean daemonRuns(HostState here) {
    Duration silent = config.poll().multipliedBy(MISSED).plusMinutes(1);
    return !here.checked().isEmpty()
        && Instant.parse(here.checked()).plus(silent).isAfter(Instant.now());
  }

  private static Report failed(String why) {
    return new Report(Standing.FAILED, why, 0);
  }
}
