package dev.bakehouse.image;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Parent;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The images whose slices one that is pushed may share: what it was pushed or pulled as, what the
/// tag has now, the others of this host.
record Parents(ImageStore store, Repositories repositories) {
  List<Parent> of(LocalImage image, Repository repository, List<String> tags) throws IOException {
    List<Parent> parents = new ArrayList<>();
    Origins origins = Origins.of(store);
    add(parents, image, origins, repository);
    for (String tag : tags) {
      try {
        if (repository.head(tag).isPresent()) {
          parents.add(new Parent(repository.manifest(tag), Optional.of(repository)));
          break;
        }
      } catch (CorruptData e) {
        // Nothing to share; the push puts a whole one in its place.
      }
    }
    for (LocalImage other : store.list()) {
      if (!other.name().equals(image.name())) {
        add(parents, other, origins, repository);
      }
    }
    return parents;
  }

  private void add(List<Parent> parents, LocalImage image, Origins origins, Repository to)
      throws IOException {
    Path own = image.directory().resolve("manifest.json");
    Path file = Files.exists(own) ? own : image.directory().resolve(ImageStore.PARENT);
    try {
      Manifest manifest = Manifest.parse(Files.readAllBytes(file), file.toString());
      parents.add(new Parent(manifest, origin(origins.of(image), to)));
    } catch (NoSuchFileException | CorruptData e) {
      // It never had one, was deleted meanwhile, or is damaged: nothing to share.
    }
  }

  /// Best a repository of the same registry: blobs need not be moved from there.
  private Optional<Repository> origin(List<Reference> places, Repository to) {
    String registry = to.name().replaceFirst("/.*", "");
    List<Repository> all = places.stream().map(repositories::open).toList();
    return all.stream()
        .filter(place -> place.name().startsWith(registry + "/"))
        .findFirst()
        .or(() -> all.stream().findFirst());
  }
}
