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
  /// @param answers in order of preference
  /// @param others further local images
  record Facts(
      Optional<LocalImage> local,
      List<Answer> answers,
      List<LocalImage> others,
      Identity wanted,
      Accept accept,
      boolean forceRefresh) {
    boolean fits(Map<String, String> labels) {
      return switch (wanted.match(labels)) {
        case SAME -> true;
        case OTHER -> accept == Accept.ANY;
        case UNLABELLED -> accept != Accept.NO_OTHERS;
      };
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
          return same.isPresent()
              ? new Keep(same.get(), "the local image has the registry's digest")
              : new Pull(found.reference(), found.digest(), pullReason(facts));
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
        .filter(i -> facts.wanted().match(i.record().labels()) == Match.SAME)
        .findFirst()
        .<Decision>map(i -> new Retag(i, "`" + i.name() + "` is made from the same things"))
        .orElse(new Build(buildReason(facts, silent)));
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
