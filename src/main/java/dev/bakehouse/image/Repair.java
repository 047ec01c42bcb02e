package dev.bakehouse.image;

import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.oci.TartManifest;
import dev.bakehouse.oci.TartRepair;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes a damaged image whole again: from another local image of the same content, else by
/// fetching the slices that are wrong from where the image was pulled from or pushed to.
///
/// A fresh copy is mended and takes the image's place in one step: a VM that stands on the damaged
/// files keeps them as they are.
public final class Repair {
  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  public Repair(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// @return what the image is now
  /// @throws UserError when it can not be mended; it is then as it was
  public Verify.Finding run(Verify.Finding damaged) {
    String name = damaged.name();
    LocalImage image = store.get(name);
    Runnable waiting = () -> log.say("waiting: another process works on the image " + name);
    try (ExclusiveLock _ = store.lock(name, waiting);
        Room.Reserved _ =
            store.room().make(image.bytes(), "repair " + name, store.work(Draft.directory(name)));
        Draft draft = store.draft(name)) {
      long moved = 0;
      Optional<LocalImage> twin = twin(image);
      if (twin.isPresent()) {
        log.say(name + ": taken from " + twin.get().name() + ", which has the same content");
        Trees.copy(twin.get().directory(), draft.directory(), ImageStore.FILES);
      } else {
        moved = mend(image, draft);
      }
      if (!Content.of(draft.directory()).equals(image.content())) {
        throw new UserError(
            "Could not repair the image " + name + ": what was mended is not what its record says",
            "Get it anew with `bakehouse image pull --force-refresh`.");
      }
      return Verify.of(draft.publish(image.record(), "repaired", moved));
    } catch (IOException e) {
      throw Trees.failed("repair the image " + name, e);
    }
  }

  /// A whole image of the same content that has a disk of its own.
  private Optional<LocalImage> twin(LocalImage image) throws IOException {
    for (LocalImage other : store.list()) {
      if (!other.name().equals(image.name())
          && other.content().equals(image.content())
          && Files.exists(other.disk())
          && (!Files.exists(image.disk()) || !Files.isSameFile(other.disk(), image.disk()))
          && Verify.of(other).ok()) {
        return Optional.of(other);
      }
    }
    return Optional.empty();
  }

  private long mend(LocalImage image, Draft draft) throws IOException {
    Repository repository = origin(image);
    TartManifest manifest = manifest(image, repository);
    Trees.copy(
        image.directory(), draft.directory(), List.of("disk.img", "config.json", "nvram.bin"));
    ProgressLine progress = new ProgressLine(log, "repair " + image.name());
    new TartRepair(repository, manifest, progress).repair(draft.directory());
    progress.end();
    return progress.moved();
  }

  private TartManifest manifest(LocalImage image, Repository repository) throws IOException {
    Optional<TartManifest> here = Verify.manifest(image, image.directory(), new ArrayList<>());
    if (here.isPresent()) {
      return here.get();
    }
    Manifest fetched = repository.manifest(image.record().digest());
    return TartManifest.of(fetched, "The manifest of " + image.name());
  }

  /// Where the image's blobs are: where it came from, or was pushed to last.
  private Repository origin(LocalImage image) {
    String digest = image.record().digest();
    List<Reference> places = Origins.of(store).of(image);
    if (digest.isEmpty() || places.isEmpty()) {
      throw new UserError(
          "Could not repair the image "
              + image.name()
              + ": it was never pulled or pushed, nothing has its content",
          "Build or import it again.");
    }
    UserError last = null;
    for (Reference place : places) {
      try {
        Repository repository = repositories.open(place);
        if (repository.head(digest).isPresent()) {
          return repository;
        }
        last = new RegistryError.Absent("repair from " + place);
      } catch (UserError e) {
        last = e;
      }
    }
    throw new UserError(
        "Could not repair the image %s: %s"
            .formatted(image.name(), last == null ? "" : last.getMessage()),
        "See that " + places.getFirst() + " can be reached and still has " + digest + ".");
  }
}
