package dev.bakehouse.image;

import dev.bakehouse.image.Identity.Match;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What `ensure` does, and why.
sealed interface Decision {
  String why();

  /// The local image is right.
  record Keep(LocalImage image, String why) implements Decision {}

  record Pull(Reference reference, Digest digest, String why) implements Decision {}

  /// A local image of another name is made from the same things.
  record Retag(LocalImage image, String why) implements Decision {}

  record Build(String why) implements Decision {}

  /// What a registry said about one reference.
  sealed interface Answer {
    Reference reference();

    /// @param labels annotations of the manifest; those of the local image when it has this digest
    record Found(Reference reference, Digest digest, Map<String, String> labels)
        implements Answer {}

    record Absent(Reference reference) implements Answer {}

    /// Unreachable, or no access.
    record Silent(Reference reference, String why) implements Answer {}
  }

  /// Which images do, beside those of the wanted identity.
  enum Accept {
    NO_OTHERS,
    UNLABELLED,
    ANY;

    static Accept of(boolean unlabelled) {
      return unlabelled ? UNLABELLED : NO_OTHERS;
    }
  }

  /// All that the decision rests on.
  ///
  /// @param local what has the wanted name, whatever it is made from
  /// @param answers of the references the wanted image may have, in order of preference
  /// @param elsewhere answers of references that stand for another version; only the wanted
  ///   identity counts there
  /// @param others further local images
  record Facts(
      Optional<LocalImage> local,
      List<Answer> answers,
      List<Answer> elsewhere,
      List<LocalImage> others,
      Identity wanted,
      Branch branch,
      Accept accept,
      boolean forceRefresh) {
    /// Whether an image carries the wanted identity and this branch may take it.
    boolean same(Map<String, String> labels) {
      return branch.mayUse(labels) && wanted.match(labels) == Match.SAME;
    }

    boolean fits(Map<String, String> labels) {
      return (accept == Accept.ANY || branch.mayUse(labels)) && acceptable(labels);
    }

    private boolean acceptable(Map<String, String> labels) {
      return switch (wanted.match(labels)) {
        case SAME -> true;
        case OTHER -> accept == Accept.ANY;
        case UNLABELLED -> accept != Accept.NO_OTHERS;
      };
    }

    Facts with(List<Answer> further) {
      return new Facts(local, answers, further, others, wanted, branch, accept, forceRefresh);
    }

    /// Whether the registry answered, and has no fitting image under a reference of the wanted one.
    boolean missingInRegistry() {
      return answers.stream()
          .allMatch(
              answer ->
                  switch (answer) {
                    case Answer.Found found -> !fits(found.labels());
                    case Answer.Absent _ -> true;
                    case Answer.Silent _ -> false;
                  });
    }

    /// An image here with a manifest's digest, under whatever name.
    private Optional<LocalImage> twin(Digest digest) {
      return others.stream()
          .filter(i -> !forceRefresh && i.record().digest().equals(digest.toString()))
          .findFirst();
    }
  }

  static Decision of(Facts facts) {
    Optional<LocalImage> usable =
        facts.local().filter(i -> !facts.forceRefresh() && facts.fits(i.record().labels()));
    boolean silent = false;
    for (Answer answer : facts.answers()) {
      switch (answer) {
        case Answer.Found found when facts.fits(found.labels()) -> {
          Optional<LocalImage> same =
              usable.filter(i -> i.record().digest().equals(found.digest().toString()));
          return same.<Decision>map(i -> new Keep(i, "the local image has the registry's digest"))
              .orElseGet(() -> got(facts, found, pullReason(facts)));
        }
        case Answer.Found _, Answer.Absent _ -> {}
        case Answer.Silent _ -> silent = true;
      }
    }
    if (usable.isPresent()) {
      String why = silent ? "the registry gives no answer" : "the registry has no fitting image";
      return new Keep(usable.get(), why + ", the local image fits");
    }
    return facts.others().stream()
        .filter(i -> !facts.forceRefresh())
        .filter(i -> facts.same(i.record().labels()))
        .findFirst()
        .<Decision>map(i -> new Retag(i, "`" + i.name() + "` is made from the same things"))
        .or(() -> elsewhere(facts))
        .orElse(new Build(buildReason(facts, silent)));
  }

  private static Optional<Decision> elsewhere(Facts facts) {
    for (Answer answer : facts.elsewhere()) {
      if (answer instanceof Answer.Found found && facts.same(found.labels())) {
        String why = found.reference() + " is made from the same things";
        return Optional.of(got(facts, found, why));
      }
    }
    return Optional.empty();
  }

  /// What is here under another name does not move again.
  private static Decision got(Facts facts, Answer.Found found, String why) {
    return facts
        .twin(found.digest())
        .<Decision>map(
            i -> new Retag(i, "`" + i.name() + "` has the digest of " + found.reference()))
        .orElse(new Pull(found.reference(), found.digest(), why));
  }

  private static String pullReason(Facts facts) {
    if (facts.forceRefresh()) {
      return "a fresh copy is asked for";
    }
    return facts.local().isPresent() ? "the registry's digest differs" : "there is no local image";
  }

  private static String buildReason(Facts facts, boolean silent) {
    String remote = silent ? "the registry gives no answer" : "the registry has no fitting image";
    if (facts.local().isEmpty()) {
      return remote + ", there is no local one";
    }
    return remote
        + (facts.forceRefresh()
            ? ", the local one is passed over"
            : ", the local one is made from other things");
  }
}
