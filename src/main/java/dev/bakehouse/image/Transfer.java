package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.ImageLabels;
import dev.bakehouse.oci.LocalDisk;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.oci.TartManifest;
import dev.bakehouse.oci.TartPull;
import dev.bakehouse.oci.TartPush;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
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
        store.history().add("found", name, digest.toString(), reference.toString(), 0);
        return here.get();
      }
      Path partial = store.work(Leavings.PULL + digest.hex());
      Runnable sharing = () -> log.say("waiting: another process pulls " + digest);
      try (ExclusiveLock _ = ExclusiveLock.on(lock(partial), sharing)) {
        try {
          return fetch(repository, reference, digest, name, partial, force);
        } finally {
          // Within the lock: the next one's directory has no disk at first either.
          if (!Files.exists(partial.resolve("disk.img"))) {
            Directories.delete(partial);
          }
        }
      }
    } catch (IOException e) {
      throw Trees.failed("pull " + reference, e);
    }
  }

  private static Path lock(Path work) {
    return work.resolveSibling(work.getFileName() + ".lock");
  }

  /// Makes the image in a directory of its digest, where an interrupted pull of whatever name is
  /// gone on with, and publishes it from there.
  private LocalImage fetch(
      Repository repository,
      Reference reference,
      Digest digest,
      String name,
      Path partial,
      boolean force)
      throws IOException {
    List<LocalImage> images = force ? List.of() : store.list();
    Optional<LocalImage> same =
        images.stream().filter(i -> i.record().digest().equals(digest.toString())).findFirst();
    if (same.isPresent() || !resumable(partial.resolve("disk.img"))) {
      Directories.delete(partial);
    }
    Files.createDirectories(partial);
    Optional<byte[]> known = same.flatMap(image -> small(image, digest, partial));
    Manifest manifest =
        known.isPresent()
            ? Manifest.parse(known.get(), "The manifest " + digest)
            : repository.manifest(digest.toString());
    TartManifest image = TartManifest.of(manifest, "The image " + reference);
    ProgressLine progress = new ProgressLine(log, "pull " + name);
    TartPull plan = new TartPull(repository, manifest, disks(images), progress);
    long needed = plan.allocates() - Trees.allocated(partial.resolve("disk.img"));
    try (Room.Reserved _ = store.room().make(Math.max(0, needed), "pull " + reference, partial);
        Draft draft = store.draft(name)) {
      log.say("pulling " + reference + " (" + digest + ") as " + name);
      // Making room may have taken images that slices would have come from.
      List<LocalImage> left = force ? List.of() : store.list();
      new TartPull(repository, manifest, disks(left), progress).into(partial);
      progress.end();
      store.share(partial, draft.directory(), ImageStore.FILES);
      ImageRecord record =
          new ImageRecord(
              digest.toString(),
              Content.of(image),
              same.isPresent()
                  ? same.get().record().labels()
                  : ImageLabels.of(repository, manifest),
              Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
              reference.toString());
      LocalImage made = draft.publish(record, "pulled", progress.moved());
      Directories.delete(partial);
      return made;
    }
  }

  /// Whether a disk is an interrupted pull's alone. What was killed after publishing it must not be
  /// written to any more: an image has the file, or a lease or VM of one that is gone.
  private boolean resumable(Path disk) throws IOException {
    if (!Files.exists(disk)) {
      return false;
    }
    // Killed before that, the draft has the file as well. Whatever its name, its owner is dead: it
    // had the lock of the digest.
    for (String name : Shelf.names(store.work())) {
      Path draft = store.work(name).resolve("disk.img");
      if (name.endsWith(Draft.SUFFIX) && Files.exists(draft) && Files.isSameFile(disk, draft)) {
        Files.delete(draft);
      }
    }
    return (int) Files.getAttribute(disk, "unix:nlink") == 1;
  }

  /// Brings the small files of an image, if it is still there, into a directory.
  ///
  /// @return its manifest, when it is the one of that digest
  private Optional<byte[]> small(LocalImage image, Digest digest, Path into) {
    return store.gated(
        "share files of the image " + image.name(),
        () -> {
          store.share(image.directory(), into, List.of("config.json", "nvram.bin"));
          Path manifest = image.directory().resolve("manifest.json");
          return Files.exists(manifest)
              ? Optional.of(Files.readAllBytes(manifest)).filter(b -> Digest.of(b).equals(digest))
              : Optional.empty();
        });
  }

  /// Where a hypervisor keeps the images, unfinished work lies elsewhere and it may write to disks.
  private List<LocalDisk> disks(List<LocalImage> images) {
    boolean ours = store.work().startsWith(store.root());
    return images.stream().map(i -> new LocalDisk(i.name(), i.directory(), ours)).toList();
  }

  /// Stores an image of the store under tags of one repository.
  public Digest push(String name, Reference reference, List<String> tags) {
    Repository repository = repositories.open(reference);
    ProgressLine progress = new ProgressLine(log, "push " + name);
    Runnable waiting = () -> log.say("waiting: another process pushes the same image");
    try (ImageLease lease = store.use(name, "push to " + reference)) {
      LocalImage image = lease.image();
      Path staging =
          repository.staging().resolve(Leavings.PUSH + image.content().replaceAll("\\W", "-"));
      try (ExclusiveLock _ = ExclusiveLock.on(lock(staging), waiting)) {
        if (reference instanceof Reference.Layout) {
          Leavings.sweep(repository.staging());
        }
        repository.damage().ifPresent(what -> log.say("warning: " + what));
        log.say("pushing " + name + " to " + repository.name() + " as " + String.join(", ", tags));
        Manifest manifest =
            new TartPush(
                    repository,
                    new Parents(store, repositories).of(image, repository, tags),
                    staging,
                    progress)
                .push(lease.files(), tags, image.record().labels(), identity(image));
        progress.end();
        store.pushed(
            image,
            manifest.raw(),
            manifest.digest().toString(),
            reference.toString(),
            progress.moved());
        return manifest.digest();
      }
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
