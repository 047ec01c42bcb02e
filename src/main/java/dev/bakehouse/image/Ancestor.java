package dev.bakehouse.image;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Decides from an image's labels whether the wanted image can be built from it:
///
/// - it is made from the same base, and is not the last of a chain that is as long as allowed;
/// - either the script is declared re-runnable; or the inputs are the same, and the scripts are the
///   same up to and with a line `# bakehouse: checkpoint`.
///
/// The script always runs whole. It is told `BAKEHOUSE_FROM_PREVIOUS=1`, the number of checkpoints
/// up to which the image has it as `BAKEHOUSE_CHECKPOINT` (0 when only re-runnable), and the
/// image's version as `BAKEHOUSE_PREVIOUS_VERSION`; what stands before that checkpoint it may skip.
sealed interface Ancestor {
  String CHAIN_LABEL = "dev.bakehouse.image.chain";
  String PARENT_LABEL = "dev.bakehouse.image.parent";

  /// @param checkpoint how many checkpoints both scripts share
  /// @param chain how many images in a row will have been built so, this one counted
  /// @param version of the image to build from
  record Fits(int checkpoint, int chain, String version) implements Ancestor {
    List<String> environment() {
      return List.of(
          "BAKEHOUSE_FROM_PREVIOUS=1",
          "BAKEHOUSE_CHECKPOINT=" + checkpoint,
          "BAKEHOUSE_PREVIOUS_VERSION=" + version);
    }
  }

  record No(String why) implements Ancestor {}

  static Ancestor of(Map<String, String> labels, Identity wanted, Incremental rules) {
    if (!labels.containsKey(Identity.LABEL)) {
      return new No("nobody knows what it is made from");
    }
    Optional<String> base =
        Optional.ofNullable(labels.get(Identity.BASE_LABEL)).filter(b -> !b.isEmpty());
    if (base.isEmpty() || !base.equals(wanted.base())) {
      return new No("it is made from another base");
    }
    int chain = chain(labels) + 1;
    if (chain > rules.limit()) {
      return new No("it is the last of " + rules.limit() + " in a row (`image.incremental-limit`)");
    }
    String version = labels.getOrDefault(Difference.VERSION_LABEL, "");
    int shared = shared(labels, wanted.parts());
    if (rules.rerunnable()) {
      return new Fits(shared, chain, version);
    }
    if (!wanted.parts().sameInputs(labels)) {
      return new No("an input differs and `image.bootstrap-rerunnable` is not set");
    }
    return shared == 0
        ? new No(
            "its script is not the same up to a line `"
                + Checkpoints.MARK
                + "`, and `image.bootstrap-rerunnable` is not set")
        : new Fits(shared, chain, version);
  }

  /// What an image built from another is labelled with beside its identity.
  static Map<String, String> labels(LocalImage parent, Fits fits) {
    return Map.of(PARENT_LABEL, parent.content(), CHAIN_LABEL, String.valueOf(fits.chain()));
  }

  private static int chain(Map<String, String> labels) {
    String text = labels.getOrDefault(CHAIN_LABEL, "0");
    return text.matches("\\d{1,6}") ? Integer.parseInt(text) : Integer.MAX_VALUE - 1;
  }

  private static int shared(Map<String, String> labels, Parts parts) {
    List<String> theirs = List.of(labels.getOrDefault(Parts.CHECKPOINTS_LABEL, "").split(" "));
    int count = 0;
    while (count < Math.min(theirs.size(), parts.checkpoints().size())
        && theirs.get(count).equals(parts.checkpoints().get(count))) {
      count++;
    }
    return count;
  }
}
