package dev.bakehouse.image;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// The right to use an image until closed, or until this process is gone: it can not be deleted
/// meanwhile. It can be replaced by another of its name: see [#steadily] and [#files].
public final class ImageLease implements AutoCloseable {
  private final ImageStore store;
  private final LocalImage image;
  private final Supplier<Optional<LocalImage>> find;
  private final Tickets.Held held;
  private final AtomicBoolean open = new AtomicBoolean(true);

  ImageLease(
      ImageStore store, LocalImage image, Supplier<Optional<LocalImage>> find, Tickets.Held held) {
    this.store = store;
    this.image = image;
    this.find = find;
    this.held = held;
  }

  /// As it was when the lease was taken.
  public LocalImage image() {
    return image;
  }

  /// Makes something of the image as it is now. Where the image was replaced meanwhile, and what
  /// was made may be half of each, it is undone and made again.
  public <T> T steadily(Function<LocalImage, T> make, Consumer<T> undo) {
    while (true) {
      LocalImage now = current();
      T made = make.apply(now);
      if (current().content().equals(now.content())) {
        return made;
      }
      undo.accept(made);
    }
  }

  private LocalImage current() {
    return find.get().orElseThrow(() -> store.missing(image.name()));
  }

  /// The files of [#image] in a directory of the lease's own, which no replacement changes. Not to
  /// be written to: they are the image's.
  ///
  /// @throws UserError when the image was replaced before the first call
  public Path files() {
    Path own = held.files();
    return store.gated(
        "read the image " + image.name(),
        () -> {
          if (!Files.isDirectory(own)) {
            if (!current().content().equals(image.content())) {
              throw new UserError(
                  "The image " + image.name() + " was replaced before it could be read",
                  "Run it again.");
            }
            Path draft = held.draft();
            Directories.delete(draft);
            Files.createDirectories(draft);
            Trees.take(image.directory(), draft, ImageStore.FILES);
            Trees.rename(draft, own);
          }
          return own;
        });
  }

  @Override
  public void close() {
    if (!open.compareAndSet(true, false)) {
      return;
    }
    held.end();
  }
}
