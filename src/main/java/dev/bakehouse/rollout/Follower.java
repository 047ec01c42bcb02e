package dev.bakehouse.rollout;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.HostState.InForce;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// One host's part in a rollout. Each [#poll] asks for the document, brings the wanted image here,
/// makes it ready, and only then lets jobs run in it. Whatever goes wrong, the host stays where it
/// is and says why, here and in the registry.
public final class Follower {
  private final String host;
  private final StateFile file;
  private final Shelf shelf;
  private final RolloutConfig config;
  private final Reference place;
  private final Board board;
  private final Reporter reporter;
  private final Consumer<LocalImage> ready;
  private final Log log;

  /// @param host its name, which decides when it is in
  /// @param place of the document
  /// @param ready does what makes jobs start quickly in an image; throws when they could not start
  public Follower(
      String host,
      StateFile file,
      ImageStore store,
      Repositories repositories,
      RolloutConfig config,
      Reference place,
      Consumer<LocalImage> ready,
      Log log) {
    this.host = host;
    this.file = file;
    this.shelf = new Shelf(store, repositories, log);
    this.config = config;
    this.place = place;
    Repository repository = repositories.open(place);
    this.board = new Board(repository, place);
    this.reporter = new Reporter(host, repository, log);
    this.ready = ready;
    this.log = log;
  }

  /// Looks, and does what the document asks for; when that took long and the document was changed
  /// meanwhile, what the new one asks for.
  public HostState poll() {
    HostState before = file.load();
    try {
      Optional<Posted> posted = board.read(config.keys());
      while (posted.isPresent()) {
        Document document = posted.get().document();
        HostState _ = follow(document);
        posted = board.read(config.keys()).filter(p -> !p.document().equals(document));
      }
    } catch (UserError e) {
      HostState _ = trouble(e.getMessage() + " " + e.remedy(), "");
    }
    HostState after = file.load();
    if (!after.trouble().isEmpty() && !after.trouble().equals(before.trouble())) {
      String stays = after.inForce().map(InForce::name).orElse("the configured image");
      log.say("rollout: staying with " + stays + ": " + after.trouble());
    }
    if (after.serial() > 0) {
      reporter.tell(after);
    }
    return after;
  }

  private HostState follow(Document document) {
    HostState before = file.load();
    if (document.serial() < before.serial()) {
      return trouble(
          "the document has serial %d, this host has seen %d: an old one was put back, and is refused"
              .formatted(document.serial(), before.serial()),
          "");
    }
    Document.Share share = document.share(host);
    String what =
        share.target().map(Target::toString).orElse("the configured image")
            + ", because "
            + share.why();
    HostState accepted = file.change(state -> state.accepted(document, what, now()));
    return run(accepted, share);
  }

  private HostState run(HostState accepted, Document.Share share) {
    Optional<String> has = accepted.inForce().map(now -> now.target().digest());
    Optional<String> wants = share.target().map(Target::digest);
    boolean here =
        share.target().map(target -> shelf.find(reference(target)).isPresent()).orElse(true);
    if (has.equals(wants) && here) {
      return released(file.change(s -> s.running(s.inForce(), s.previous(), s.held())));
    }
    if (share.target().isEmpty()) {
      return settled(Optional.empty(), share);
    }
    Target target = share.target().get();
    Reference reference = reference(target);
    try {
      LocalImage image = shelf.bring(reference);
      hold(image.name());
      ready.accept(image);
      return settled(
          Optional.of(new InForce(image.name(), target, reference.toString(), now())), share);
    } catch (UserError e) {
      String why = "could not make " + target + " ready: " + e.getMessage() + " " + e.remedy();
      return trouble(why, target.digest());
    }
  }

  /// What is in force is noted in one step; jobs that run go on in what they began with.
  private HostState settled(Optional<InForce> next, Document.Share share) {
    HostState old = file.load();
    boolean other =
        !next.map(InForce::name).equals(old.inForce().map(InForce::name))
            && old.inForce().isPresent();
    Optional<InForce> previous = other ? old.inForce() : old.previous();
    List<String> kept =
        Stream.concat(next.stream(), previous.stream()).map(InForce::name).distinct().toList();
    List<String> all = Stream.concat(kept.stream(), old.held().stream()).distinct().toList();
    HostState settled = released(file.change(state -> state.running(next, previous, all)));
    note(old, next);
    log.say(
        "rollout: the next jobs run in "
            + next.map(now -> now.target().toString()).orElse("the configured image")
            + ", because "
            + share.why());
    return settled;
  }

  /// Lets go of what is neither in force nor was before. The state forgets it last: killed in
  /// between, the next time does it.
  private HostState released(HostState state) {
    List<String> kept =
        Stream.concat(state.inForce().stream(), state.previous().stream())
            .map(InForce::name)
            .distinct()
            .toList();
    List<String> over = state.held().stream().filter(name -> !kept.contains(name)).toList();
    if (over.isEmpty()) {
      return state;
    }
    over.forEach(name -> shelf.hold(name, false));
    return file.change(s -> s.running(s.inForce(), s.previous(), kept));
  }

  /// Back is where jobs ran before: in the image before, or in the configured one.
  private void note(HostState old, Optional<InForce> next) {
    boolean back =
        next.isEmpty() || next.map(InForce::name).equals(old.previous().map(InForce::name));
    if (!back) {
      shelf.note("promoted", next.get(), next.get().reference());
    } else if (old.inForce().isPresent()) {
      String to = next.map(InForce::name).orElse("the configured image");
      shelf.note("rolled-back", old.inForce().get(), to);
    }
  }

  /// Noted before it is done: what a killed daemon pinned is not forgotten.
  private void hold(String name) {
    HostState _ =
        file.change(
            state -> {
              List<String> all = new ArrayList<>(state.held());
              if (!all.contains(name)) {
                all.add(name);
              }
              return state.holding(all);
            });
    shelf.hold(name, true);
  }

  private HostState trouble(String why, String digest) {
    return file.change(state -> state.troubled(why, digest));
  }

  private Reference reference(Target target) {
    return place.with(target.digest());
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
