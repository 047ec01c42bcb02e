package dev.bakehouse.rollout;

import dev.bakehouse.image.Log;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.UserError;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Changes what hosts run. Each change reads the document, and writes the next one if nobody else
/// did.
public final class Promoter {
  /// What many hosts say they failed of does not fit into a document.
  private static final int LONGEST_REASON = 1000;

  private final Repositories repositories;
  private final Reference place;
  private final Board board;
  private final List<PublicKey> keys;
  private final PrivateKey key;
  private final String by;
  private final Log log;

  /// @param place of the document
  /// @param environment may name the key
  /// @param by user@host
  public Promoter(
      Repositories repositories,
      Reference place,
      RolloutConfig config,
      Map<String, String> environment,
      String by,
      Log log) {
    this.repositories = repositories;
    this.place = place;
    this.board = new Board(repositories.open(place), place);
    if (!config.followed()) {
      throw new UserError(
          "There is no public key to check the rollout's document with",
          "Write the line that `bakehouse image rollout keygen` printed as `image.rollout.public-key`.");
    }
    this.keys = config.keys();
    this.key = config.key(environment);
    this.by = by;
    this.log = log;
  }

  public Optional<Posted> read() {
    return board.read(keys);
  }

  Health health(Document document, Target target) {
    return Health.of(repositories.open(place), document, target, Instant.now());
  }

  Failures failures() {
    return new Failures(repositories.open(place));
  }

  /// An image of the rollout's repository, by tag, digest or whole reference.
  public Target target(String text) {
    Reference reference = reference(text);
    insistOurs(reference);
    Digest digest =
        repositories
            .open(reference)
            .head(reference.selector())
            .orElseThrow(() -> new RegistryError.Absent("promote " + reference));
    return new Target(reference.selector(), digest.toString());
  }

  /// @throws UserError when hosts would not find an image of that place
  void insistOurs(Reference reference) {
    if (!new Board(repositories.open(reference), reference).name().equals(board.name())) {
      throw new UserError(
          reference + " does not lie in the rollout's repository " + board.name(),
          "Push it there first, or correct `image.rollout.repository`.");
    }
  }

  /// @param percent the next step when empty
  /// @param canaries hosts that are in whatever the percentage; those of before when empty
  public Posted promote(Target target, OptionalInt percent, List<String> canaries, String reason) {
    return promote(read(), target, percent, canaries, reason);
  }

  /// The same in place of the document that was judged, and of no other.
  ///
  /// @throws UserError when somebody changed it since
  Posted promote(
      Optional<Posted> seen,
      Target target,
      OptionalInt percent,
      List<String> canaries,
      String reason) {
    Document now = now(seen);
    int share = percent.orElseGet(() -> now.nextStep(target));
    if (now.runs(target) && now.percent() == share && canaries.isEmpty()) {
      log.say("nothing to do: " + target + " is at " + share + " % already");
      return seen.orElseThrow();
    }
    if (!now.runs(target) && now.current().isPresent() && now.percent() < 100) {
      log.say(
          now.current().get()
              + " is given up at "
              + now.percent()
              + " %; hosts that are out run "
              + now.previous().map(Target::toString).orElse("their configured image"));
    }
    List<String> hosts = canaries.isEmpty() && now.runs(target) ? now.canaries() : canaries;
    return write(now.promote(target, share, hosts, stamp(reason)), seen);
  }

  /// Back to what was before; to each host's configured image when nothing was. Done twice it is
  /// done once: who was killed on the way, or is not sure, does it again.
  ///
  /// @param further goes on from what a rollback brought back
  public Posted rollback(boolean further, String reason) {
    Optional<Posted> seen = read();
    Optional<Target> undone = now(seen).undone();
    if (undone.isPresent() && !further) {
      String now = now(seen).current().map(Target::toString).orElse("their configured image");
      log.say("nothing to do: " + undone.get() + " is taken back already, hosts run " + now);
      return seen.orElseThrow();
    }
    return rollback(seen, reason);
  }

  /// The same in place of the document that was judged, and of no other.
  ///
  /// @throws UserError when somebody changed it since
  Posted rollback(Optional<Posted> seen, String reason) {
    Document now = now(seen);
    if (now.current().isEmpty()) {
      throw new UserError(
          "There is nothing to roll back: " + board.name() + " has no image promoted",
          "`bakehouse image rollout` shows the document.");
    }
    if (now.previous().isEmpty()) {
      log.say("nothing was promoted before: hosts go back to their configured image");
    }
    failures().mark(now.current().get());
    return write(now.rollback(stamp(reason)), seen);
  }

  /// Puts images onto the list of those every host is to have, or takes them off.
  public Posted distribute(List<String> references, boolean remove) {
    Optional<Posted> seen = read();
    Document now = now(seen);
    Map<String, String> all = new LinkedHashMap<>(now.prefetch());
    List<String> names = new ArrayList<>();
    for (String text : references) {
      Reference reference = reference(text);
      String name = reference.toString();
      if (remove && all.remove(name) == null) {
        throw new UserError(
            name + " is not on the list of images to distribute",
            "On it: " + String.join(", ", all.keySet()) + ".");
      }
      if (!remove) {
        Digest digest =
            repositories
                .open(reference)
                .head(reference.selector())
                .orElseThrow(() -> new RegistryError.Absent("distribute " + reference));
        all.put(name, reference.with(digest.toString()).toString());
      }
      names.add(name);
    }
    if (all.equals(now.prefetch())) {
      log.say("nothing to do: all are on the list already");
      return seen.orElseThrow();
    }
    String verb = remove ? "no longer distribute " : "distribute ";
    return write(now.withPrefetch(all, stamp(verb + String.join(", ", names))), seen);
  }

  /// A bare tag or digest is one of the rollout's repository. A layout is named by its whole path:
  /// hosts stand elsewhere.
  private Reference reference(String text) {
    Reference reference =
        text.contains("/") || text.startsWith("oci:") ? Reference.parse(text) : place.with(text);
    return switch (reference) {
      case Reference.Remote remote -> remote;
      case Reference.Layout layout ->
          new Reference.Layout(layout.directory().toAbsolutePath().normalize(), layout.selector());
    };
  }

  private Document now(Optional<Posted> seen) {
    return seen.map(Posted::document).orElseGet(() -> Document.empty(board.name()));
  }

  private Posted write(Document next, Optional<Posted> seen) {
    Posted posted = board.write(next, seen, key);
    log.say(
        "serial "
            + posted.document().serial()
            + " of "
            + board.name()
            + ": "
            + next.current().map(Target::toString).orElse("nothing")
            + " at "
            + next.percent()
            + " %");
    return posted;
  }

  private Document.Stamp stamp(String reason) {
    String why = reason.substring(0, Math.min(LONGEST_REASON, reason.length()));
    return new Document.Stamp(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), by, why);
  }
}
