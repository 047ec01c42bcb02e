package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds the newest image that the wanted one can be built from: of the same kind, here or the
/// registry's `latest`. Only the default branch's images are built upon: what another branch's
/// script left in an image would stay.
final class Ancestry {
  private static final String UPLOADED = "org.cirruslabs.tart.upload-time";

  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  Ancestry(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// @param image to build from
  record Found(LocalImage image, Ancestor.Fits fits) {}

  Optional<Found> find(Wanted wanted) {
    Optional<Found> here = here(wanted);
    return wanted.given() ? here : newer(wanted, here).or(() -> here);
  }

  private Optional<Found> here(Wanted wanted) {
    String kind = wanted.names().kind(wanted.version());
    List<LocalImage> all =
        store.list().stream()
            .filter(image -> image.name().startsWith(kind))
            .filter(image -> Branch.MAIN.mayUse(image.record().labels()))
            .sorted(Comparator.comparing((LocalImage i) -> i.record().created()).reversed())
            .toList();
    for (LocalImage image : all) {
      Optional<Ancestor.Fits> fits = fits(image.name(), image.record().labels(), wanted);
      if (fits.isPresent()) {
        return Optional.of(new Found(image, fits.get()));
      }
    }
    return Optional.empty();
  }

  /// The registry's latest, when it is newer than what is here.
  private Optional<Found> newer(Wanted wanted, Optional<Found> here) {
    Reference latest = wanted.names().latest();
    try {
      Repository repository = repositories.open(latest);
      Optional<Digest> digest = repository.head(latest.selector());
      if (digest.isEmpty() || isHere(digest.get())) {
        return Optional.empty();
      }
      Map<String, String> labels = repository.manifest(digest.get().toString()).annotations();
      String made = here.map(found -> found.image().record().created()).orElse("");
      if (!Branch.MAIN.mayUse(labels) || labels.getOrDefault(UPLOADED, "").compareTo(made) <= 0) {
        return Optional.empty();
      }
      Reference exact = latest.with(digest.get().toString());
      Reference brief = latest.with(Parts.brief(digest.get().hex()));
      return fits(latest.toString(), labels, wanted)
          .map(
              fits ->
                  new Found(
                      new Transfer(store, repositories, log)
                          .pull(exact, Transfer.localName(brief), false),
                      fits));
    } catch (RegistryError e) {
      log.say("previous image: " + e.getMessage());
      return Optional.empty();
    }
  }

  private boolean isHere(Digest digest) {
    return store.list().stream()
        .anyMatch(image -> image.record().digest().equals(digest.toString()));
  }

  private Optional<Ancestor.Fits> fits(String name, Map<String, String> labels, Wanted wanted) {
    return switch (Ancestor.of(labels, wanted.identity(), wanted.config().incremental())) {
      case Ancestor.Fits fits -> Optional.of(fits);
      case Ancestor.No(String why) -> {
        log.say("not built from " + name + ": " + why);
        yield Optional.empty();
      }
    };
  }
}
