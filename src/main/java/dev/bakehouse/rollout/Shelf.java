package dev.bakehouse.rollout;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import java.util.Optional;

/// The images a host has for a rollout, each under a name made of its digest.
final class Shelf {
  private static final int SHORT_DIGEST = 12;

  private final ImageStore store;
  private final Transfer transfer;

  Shelf(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.transfer = new Transfer(store, repositories, log);
  }

  /// `bun-build-macos-` and the digest's first digits: nothing else writes such a name.
  ///
  /// @param reference by digest
  static String name(Reference reference) {
    String hex = Digest.parse(reference.selector()).hex();
    return Transfer.localName(reference.with(hex.substring(0, SHORT_DIGEST)));
  }

  /// The image, if it is here under its name.
  Optional<LocalImage> find(Reference reference) {
    return store.find(name(reference)).filter(image -> has(image, reference));
  }

  /// Brings an image here. What is here under another name gets a second one.
  LocalImage bring(Reference reference) {
    return find(reference)
        .orElseGet(
            () ->
                store.list().stream()
                    .filter(image -> has(image, reference))
                    .findFirst()
                    .map(image -> store.tag(image.name(), name(reference)))
                    .orElseGet(() -> transfer.pull(reference, name(reference), false)));
  }

  /// Notes in the history what jobs run in from now on.
  ///
  /// @param what `promoted` or `rolled-back`
  void note(String what, HostState.InForce image, String from) {
    store.history().add(what, image.name(), image.target().digest(), from, 0);
  }

  void hold(String name, boolean held) {
    if (store.find(name).isPresent()) {
      store.hold(name, held);
    }
  }

  private static boolean has(LocalImage image, Reference reference) {
    return image.record().digest().equals(reference.selector());
  }
}
