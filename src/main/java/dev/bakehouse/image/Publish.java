package dev.bakehouse.image;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;

/// Pushes what was built to the registry.
final class Publish {
  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  Publish(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// Pushes the wanted image to the tags this branch may write; says so when there are none, or
  /// nothing to push with.
  void run(Wanted wanted, Branch branch) {
    Names names = wanted.names();
    if (wanted.given()) {
      log.say("push skipped: " + names.remote() + " (`host.image-source`) is only read from");
      return;
    }
    List<String> tags = names.tags(branch, wanted.identity().hex());
    if (tags.isEmpty()) {
      log.say("push skipped: builds of forks write no images");
      return;
    }
    if (!repositories.hasCredentials(names.remote())) {
      log.say("push skipped: no credentials for " + names.remote());
      return;
    }
    new Transfer(store, repositories, log).push(names.local(), names.remote(), tags);
  }

  /// @param image that is here for the wanted one
  /// @throws UserError when the registry does not have it where builds of this branch look
  void insist(Wanted wanted, Branch branch, LocalImage image) {
    Names names = wanted.names();
    List<Reference> places = new ArrayList<>(List.of(names.remote()));
    if (branch != Branch.MAIN && !wanted.given()) {
      places.add(names.candidate(wanted.identity().hex()));
    }
    Repository repository = repositories.open(names.remote());
    boolean there =
        places.stream()
            .flatMap(place -> repository.head(place.selector()).stream())
            .anyMatch(
                digest ->
                    digest.toString().equals(image.record().digest())
                        || RegistryTags.carries(repository, digest, wanted));
    if (!there) {
      throw new UserError(
          "The image %s is here and not in the registry as %s, and this build asks to publish it"
              .formatted(image.name(), places.getLast()),
          "The lines above say what it was not pushed for: mend that, or do not ask for it.");
    }
  }
}
