package dev.bakehouse.image;

import dev.bakehouse.image.Decision.Accept;
import dev.bakehouse.image.Decision.Answer;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Sees to it that the wanted image is in the store: the registry first, then what is here, then a
/// build.
final class Ensure {
  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  Ensure(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// Asks, and changes nothing.
  Decision decide(Wanted wanted, Branch branch, boolean forceRefresh) {
    return decide(facts(wanted, branch, forceRefresh));
  }

  Decision decide(Decision.Facts facts) {
    Decision decision = Decision.of(facts);
    log.say("decision: " + verb(decision) + ", because " + decision.why());
    return decision;
  }

  /// What is here and what the registry says.
  Decision.Facts facts(Wanted wanted, Branch branch, boolean forceRefresh) {
    Names names = wanted.names();
    Optional<LocalImage> local = store.find(names.local());
    log.say(
        "local "
            + names.local()
            + ": "
            + local.map(image -> "here, " + shown(image.record())).orElse("not here"));
    List<Reference> references =
        wanted.given()
            ? List.of(names.remote())
            : List.of(names.remote(), names.candidate(wanted.identity().hex()));
    List<Answer> answers = references.stream().map(reference -> ask(reference, local)).toList();
    Decision.Facts facts =
        new Decision.Facts(
            local,
            answers,
            List.of(),
            store.list(),
            wanted.identity(),
            branch,
            wanted.given() ? Accept.ANY : Accept.of(wanted.config().acceptUnlabelled()),
            forceRefresh);
    return !wanted.given() && facts.missingInRegistry()
        ? facts.with(List.of(ask(names.latest(), local)))
        : facts;
  }

  /// Says how the image here and those in the registry differ from the wanted one.
  List<Difference> explain(Wanted wanted, Branch branch) {
    List<Difference> all = new Explanation(store).of(wanted, facts(wanted, branch, false));
    all.forEach(difference -> log.say("why: " + difference));
    if (all.isEmpty()) {
      log.say("why: neither here nor in the registry is an image to compare with");
    }
    return all;
  }

  /// @param branch decides which tags a version bump may write
  /// @param build makes the image and publishes it in the store
  LocalImage run(Wanted wanted, Branch branch, boolean forceRefresh, Supplier<LocalImage> build) {
    Decision.Facts facts = facts(wanted, branch, forceRefresh);
    Decision decision = decide(facts);
    LocalImage image = carryOut(decision, wanted, forceRefresh, build);
    if (!(decision instanceof Decision.Build) && facts.missingInRegistry()) {
      offer(wanted, branch, image, facts.same(image.record().labels()));
    }
    return ready(wanted, store.get(image.name()));
  }

  /// Gives the registry what is here and it has not: a tag, or an image whose build ended before it
  /// was pushed. What can not be given is said, the image is here all the same.
  ///
  /// @param same whether the image is what a build would make
  private void offer(Wanted wanted, Branch branch, LocalImage image, boolean same) {
    String digest = image.record().digest();
    if (!digest.isEmpty()) {
      new RegistryTags(repositories, log).write(wanted, branch, Digest.parse(digest));
    } else if (same && !wanted.given()) {
      log.say(image.name() + " was built and never pushed");
      try {
        new Publish(store, repositories, log).run(wanted, branch);
      } catch (UserError e) {
        log.say("not pushed: " + e.getMessage() + " " + e.remedy());
      }
    }
  }

  /// Like [#run], but writes nothing to the registry.
  LocalImage fetch(Wanted wanted, Branch branch, Supplier<LocalImage> build) {
    Decision decision = decide(wanted, branch, false);
    return ready(wanted, carryOut(decision, wanted, false, build));
  }

  private LocalImage carryOut(
      Decision decision, Wanted wanted, boolean forceRefresh, Supplier<LocalImage> build) {
    String name = wanted.names().local();
    return switch (decision) {
      case Decision.Keep keep -> keep.image();
      case Decision.Pull pull ->
          new Transfer(store, repositories, log)
              .pull(pull.reference().with(pull.digest().toString()), name, forceRefresh);
      case Decision.Retag retag -> store.tag(retag.image().name(), name);
      case Decision.Build _ -> build.get();
    };
  }

  private LocalImage ready(Wanted wanted, LocalImage image) {
    String name = wanted.names().local();
    store.touch(name);
    log.say("ready: " + name + ", " + shown(image.record()));
    return image;
  }

  /// Only the digest is asked for; the manifest is read when it is not the local image's.
  private Answer ask(Reference reference, Optional<LocalImage> local) {
    try {
      Repository repository = repositories.open(reference);
      Optional<Digest> digest = repository.head(reference.selector());
      if (digest.isEmpty()) {
        log.say("registry: " + reference + " is not there");
        return new Answer.Absent(reference);
      }
      log.say("registry: " + reference + " has " + digest.get());
      Optional<LocalImage> same =
          local.filter(image -> image.record().digest().equals(digest.get().toString()));
      Map<String, String> labels =
          same.map(image -> image.record().labels())
              .orElseGet(() -> annotations(repository, digest.get()));
      return new Answer.Found(reference, digest.get(), labels);
    } catch (RegistryError e) {
      log.say("registry: " + e.getMessage());
      return new Answer.Silent(reference, String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, String> annotations(Repository repository, Digest digest) {
    Manifest manifest = repository.manifest(digest.toString());
    return manifest.annotations();
  }

  static String verb(Decision decision) {
    return switch (decision) {
      case Decision.Keep _ -> "use the local image";
      case Decision.Pull pull -> "pull " + pull.reference();
      case Decision.Retag retag -> "tag " + retag.image().name();
      case Decision.Build _ -> "build";
    };
  }

  private static String shown(ImageRecord record) {
    String identity = record.labels().getOrDefault(Identity.LABEL, "none");
    return (record.digest().isEmpty() ? "never pushed" : record.digest())
        + ", identity "
        + identity;
  }
}
