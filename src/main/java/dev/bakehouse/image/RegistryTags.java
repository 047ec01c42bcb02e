package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import java.util.List;
import java.util.Optional;

/// Gives an image that the registry has further tags there: its manifest once more, a few
/// kilobytes. Nothing else moves.
final class RegistryTags {
  private final Repositories repositories;
  private final Log log;

  RegistryTags(Repositories repositories, Log log) {
    this.repositories = repositories;
    this.log = log;
  }

  /// Writes the tags this branch may write; what can not be is said, the image is here all the
  /// same.
  void write(Wanted wanted, Branch branch, LocalImage image) {
    Names names = wanted.names();
    List<String> tags = wanted.given() ? List.of() : names.tags(branch, wanted.identity().hex());
    if (tags.isEmpty() || image.record().digest().isEmpty()) {
      return;
    }
    if (!repositories.hasCredentials(names.remote())) {
      log.say("tags skipped: no credentials for " + names.remote());
      return;
    }
    try {
      Repository repository = repositories.open(names.remote());
      Optional<Digest> there = repository.head(image.record().digest());
      if (there.isEmpty()) {
        log.say("tags skipped: " + repository.name() + " does not have the image " + image.name());
        return;
      }
      Manifest manifest = repository.manifest(there.get().toString());
      for (String tag : tags) {
        if (!repository.head(tag).equals(there)) {
          repository.putManifest(manifest, tag);
          log.say("tagged in the registry: " + names.remote().with(tag) + " is " + there.get());
        }
      }
    } catch (RegistryError e) {
      log.say("tags not written: " + e.getMessage() + " " + e.remedy());
    }
  }
}
