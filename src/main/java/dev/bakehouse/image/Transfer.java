package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.ImageLabels;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.oci.TartManifest;
import dev.bakehouse.oci.TartPull;
import dev.bakehouse.oci.TartPush;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Moves images between the store and repositories.
public final class Transfer {
  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  public Transfer(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// The name a pulled image gets when none is wanted: `bun-build-macos-1.2.14` from
  /// `ghcr.io/o/r/bun-build-macos:1.2.14`.
  public static String localName(Reference reference) {
    String last =
        switch (reference) {
          case Reference.Layout layout -> String.valueOf(layout.directory().getFileName());
          case Reference.Remote remote ->
              remote.repository().substring(remote.repository().lastIndexOf('/') + 1);
        };
    return last + "-" + reference.selector().replace("sha256:", "");
  }

  /// Brings an image into the store, unless it has that digest there. Several at once, of whatever
  /// process, share one transfer.
  ///
  /// @param force fetch and verify it again even so
  public LocalImage pull(Reference reference, String name, boolean force) {
    Repository repository = repositories.open(reference);
    Digest digest =
        repository
            .head(reference.selector())
            .orElseThrow(() -> new RegistryError.Absent("pull " + reference));
    Runnable waiting = () -> log.say("waiting: another process works on the image " + name);
    try (ExclusiveLock _ = store.lock(name, waiting)) {
      Optional<LocalImage> here =
          store.find(name).filter(image -> image.record().digest().equals(digest.toString()));
      if (here.isPresent() && !force) {
        log.say(name + " is already here with " + digest);
        return here.get();
      }
      return fetch(repository, reference, digest, name);
    } catch (IOException e) {
      throw Trees.failed("pull " + reference, e);
    }
  }

  private LocalImage fetch(Repository repository, Reference reference, Digest digest, String name)
      throws IOException {
    Manifest manifest = repository.manifest(digest.toString());
    TartManifest image = TartManifest.of(manifest, "The image " + reference);
    try (Draft draft = store.draft(name)) {
      long free = Files.getFileStore(draft.directory()).getUsableSpace();
      if (free < image.transferSize()) {
        throw new UserError(
            "Could not pull %s: it has %,d MB compressed, %s has %,d MB free"
                .formatted(
                    reference, image.transferSize() / 1_000_000, store.root(), free / 1_000_000),
            "Make room, for example with `bakehouse image prune`.");
      }
      log.say("pulling " + reference + " (" + digest + ") as " + name);
      ProgressLine progress = new ProgressLine(log, "pull " + name);
      new TartPull(repository, manifest, progress).into(draft.directory());
      progress.end();
      ImageRecord record =
          new ImageRecord(
              digest.toString(),
              Content.of(image),
              ImageLabels.of(repository, manifest),
              Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
              reference.toString());
      return draft.publish(record);
    }
  }

  /// Stores an image of the store under tags of one repository.
  public Digest push(String name, Reference reference, List<String> tags) {
    LocalImage image = store.get(name);
    Repository repository = repositories.open(reference);
    ProgressLine progress = new ProgressLine(log, "push " + name);
    try {
      Path own = image.directory().resolve("manifest.json");
      Path known = Files.exists(own) ? own : image.directory().resolve(ImageStore.PARENT);
      Optional<Manifest> parent =
          Files.exists(known)
              ? Optional.of(Manifest.parse(Files.readAllBytes(known), known.toString()))
              : Optional.empty();
      log.say("pushing " + name + " to " + repository.name() + " as " + String.join(", ", tags));
      Manifest manifest =
          new TartPush(repository, parent, progress)
              .push(image.directory(), tags, image.record().labels(), identity(image));
      progress.end();
      store.pushed(name, manifest.raw(), manifest.digest().toString());
      return manifest.digest();
    } catch (IOException e) {
      throw Trees.failed("push the image " + name + " to " + reference, e);
    }
  }

  private static Map<String, String> identity(LocalImage image) {
    Map<String, String> labels = new HashMap<>(image.record().labels());
    labels.keySet().removeIf(key -> !key.startsWith("dev.bakehouse."));
    return labels;
  }
}
