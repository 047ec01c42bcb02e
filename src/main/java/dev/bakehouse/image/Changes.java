package dev.bakehouse.image;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// What changes the images of a store, beside making one anew. Killed at any moment, each leaves
/// the state before or after it.
final class Changes {
  private static final List<String> MACHINE = List.of("disk.img", "config.json", "nvram.bin");

  private final ImageStore store;

  Changes(ImageStore store) {
    this.store = store;
  }

  LocalImage adopt(String name, Path directory, Map<String, String> labels, String source) {
    try (ExclusiveLock _ = store.lock(name, () -> {});
        Draft draft = store.draft(name)) {
      // The directory stays its owner's, who may write to it.
      Trees.copy(directory, draft.directory(), MACHINE);
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      ImageRecord record =
          new ImageRecord("", Content.recorded(draft.directory()), labels, now, source);
      return draft.publish(record, "imported", 0);
    } catch (IOException e) {
      throw Trees.failed("take in the image " + name + " from " + directory, e);
    }
  }

  LocalImage tag(String from, String to) {
    try (ImageLease source = store.lease(from, "tag " + to).orElseThrow(() -> store.missing(from));
        ExclusiveLock _ = store.lock(to, () -> {});
        Draft draft = store.draft(to)) {
      store.share(source.files(), draft.directory(), ImageStore.FILES);
      return draft.publish(source.image().record(), "tagged " + from, 0);
    } catch (IOException e) {
      throw Trees.failed("tag the image " + from + " as " + to, e);
    }
  }

  void pin(String name, boolean pinned) {
    marks(name, pinned, pinned ? List.of(Shelf.PINNED) : Shelf.PINS);
  }

  void hold(String name, boolean held) {
    marks(name, held, List.of(Shelf.HELD));
  }

  private void marks(String name, boolean there, List<String> marks) {
    LocalImage _ =
        store.gated(
            "pin the image " + name,
            () -> {
              LocalImage image = store.get(name);
              for (String mark : marks) {
                Path file = image.directory().resolve(mark);
                if (there) {
                  Files.writeString(file, "");
                } else {
                  Files.deleteIfExists(file);
                }
              }
              Durable.sync(image.directory());
              LocalImage now = store.get(name);
              if (image.pinned() != now.pinned()) {
                String what = now.pinned() ? "pinned" : "unpinned";
                store.history().add(what, name, image.anyDigest(), "", 0);
              }
              return now;
            });
  }

  /// @param what for [History.Event#what]
  /// @return why it stays; empty when it is gone
  Optional<UserError> delete(LocalImage image, String what) {
    Path gone = store.work(Leavings.GONE + UUID.randomUUID());
    Optional<UserError> reason =
        store.gated(
            "delete the image " + image.name(),
            () -> {
              Optional<LocalImage> now = store.find(image.name());
              Optional<UserError> why = now.flatMap(new Use(store)::forbids);
              if (why.isEmpty() && now.isPresent()) {
                long frees = Usage.of(store.list()).freed(List.of(image.name()));
                Trees.rename(image.directory(), gone);
                Durable.sync(store.root());
                String source = image.record().source();
                store.history().add(what, image.name(), image.anyDigest(), source, frees);
              }
              return why;
            });
    Directories.delete(gone);
    return reason;
  }

  void pushed(LocalImage image, byte[] manifest, String digest, String to, long bytes) {
    Optional<LocalImage> _ =
        store.gated(
            "note the push of the image " + image.name(),
            () -> {
              Optional<LocalImage> now =
                  store.find(image.name()).filter(i -> i.content().equals(image.content()));
              if (now.isPresent()) {
                // The record names the manifest, so it comes last.
                Path directory = image.directory();
                Durable.replace(directory.resolve("manifest.json"), manifest);
                byte[] record = Shelf.json(now.get().record().withDigest(digest));
                Durable.replace(directory.resolve(ImageStore.RECORD), record);
              }
              store.history().add("pushed", image.name(), digest, to, bytes);
              return now;
            });
  }
}
