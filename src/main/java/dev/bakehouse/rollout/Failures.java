package dev.bakehouse.rollout;

import dev.bakehouse.image.Identity;
import dev.bakehouse.oci.Artifact;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repository;
import java.util.Map;
import java.util.Optional;

/// Images that failed, marked in the registry so that every host knows: a tag `failed-` with the
/// beginning of the identity, on the image itself. Another base, script or input is another
/// identity.
final class Failures {
  private static final String CLEARED = "application/vnd.bakehouse.cleared.v1+json";
  private static final int SHORT = 32;

  private final Repository repository;

  Failures(Repository repository) {
    this.repository = repository;
  }

  /// Marks an image, if the registry has it and it carries an identity.
  void mark(Target target) {
    if (repository.head(target.digest()).isEmpty()) {
      return;
    }
    Manifest manifest = repository.manifest(target.digest());
    String identity = manifest.annotations().getOrDefault(Identity.LABEL, "");
    if (!identity.isEmpty() && !marked(identity)) {
      repository.putManifest(manifest, tag(identity));
    }
  }

  boolean marked(String identity) {
    return repository
        .head(tag(identity))
        .map(digest -> repository.manifest(digest.toString()).annotations())
        .filter(notes -> identity.equals(notes.get(Identity.LABEL)))
        .isPresent();
  }

  /// Lets an image be tried again. Registries do not all delete tags, so this one is put elsewhere.
  void clear(String identity) {
    if (marked(identity)) {
      Manifest _ = Artifact.of(CLEARED, Map.of()).put(repository, tag(identity));
    }
  }

  /// The identity of an image of this repository; empty when it carries none.
  Optional<String> identity(Target target) {
    return repository.head(target.digest()).isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(
            repository.manifest(target.digest()).annotations().get(Identity.LABEL));
  }

  private static String tag(String identity) {
    return "failed-" + identity.substring(0, Math.min(SHORT, identity.length()));
  }
}
