package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
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
  void write(Wanted wanted, Branch branch, Digest image) {
    Names names = wanted.names();
    List<String> tags = wanted.given() ? List.of() : names.tags(branch, wanted.identity().hex());
    if (tags.isEmpty()) {
      return;
    }
    if (!repositories.hasCredentials(names.remote())) {
      log.say("tags skipped: no credentials for " + names.remote());
      return;
    }
    try {
      Repository repository = repositories.open(names.remote());
      Optional<Digest> there = repository.head(image.toString());
      if (there.isEmpty()) {
        log.say("tags skipped: " + repository.name() + " does not have the image " + image);
        return;
      }
      Manifest manifest = repository.manifest(there.get().toString());
      for (String tag : tags) {
        Optional<Digest> has = repository.head(tag);
        boolean fits =
            has.equals(there) || has.filter(d -> carries(repository, d, wanted)).isPresent();
        if (!fits) {
          repository.putManifest(manifest, tag);
          log.say("tagged in the registry: " + names.remote().with(tag) + " is " + there.get());
        }
      }
    } catch (UserError e) {
      log.say("tags not written: " + e.getMessage() + " " + e.remedy());
    }
  }

  static boolean carries(Repository repository, Digest digest, Wanted wanted) {
    Map<String, String> labels = repository.manifest(digest.toString()).annotations();
    return wanted.identity().match(labels) == Identity.Match.SAME;
  }
}
