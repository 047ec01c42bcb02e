package dev.bakehouse.image;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.Exchange;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// An image being made. [#publish] makes it visible in one step; closing without that leaves
/// nothing.
public final class Draft implements AutoCloseable {
  static final String SUFFIX = ".partial";

  private final ImageStore store;
  private final String name;
  private final Path directory;

  Draft(ImageStore store, String name, Path directory) {
    this.store = store;
    this.name = name;
    this.directory = directory;
    try {
      store.gated("make the image " + name, () -> store.recover(name));
      Directories.delete(directory);
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw Trees.failed("make room for the image " + name, e);
    }
  }

  /// Its name in the store's work directory.
  static String directory(String name) {
    return name + SUFFIX;
  }

  /// Where `disk.img`, `config.json` and `nvram.bin` go.
  public Path directory() {
    return directory;
  }

  /// Puts the image in place of one with the same name, whose open files stay valid: at no moment
  /// is there none, and a power cut leaves the one or the other.
  ///
  /// @param what for [History.Event#what]
  /// @param bytes that were moved for it
  public LocalImage publish(ImageRecord record, String what, long bytes) throws IOException {
    for (String file : List.of("disk.img", "config.json")) {
      if (!Files.exists(directory.resolve(file))) {
        throw new UserError(
            "Could not publish the image " + name + ": its " + file + " got lost",
            "Has somebody cleaned up " + store.work() + "? Run it again.");
      }
    }
    Files.write(directory.resolve(ImageStore.RECORD), Shelf.json(record));
    Durable.syncAll(directory);
    Files.createDirectories(store.root());
    Path place = store.root().resolve(name);
    LocalImage made =
        store.gated(
            "publish the image " + name,
            () -> {
              Use.insistReplaceable(store, name);
              store.recover(name);
              if (!Files.exists(place)) {
                Trees.rename(directory, place);
              } else {
                for (String pin : Shelf.PINS) {
                  if (Files.exists(place.resolve(pin))) {
                    Files.writeString(directory.resolve(pin), "");
                  }
                }
                Durable.sync(directory);
                replace(place);
              }
              Durable.sync(store.root());
              return store.get(name);
            });
    Directories.delete(store.old(name));
    store.history().add(what, name, made.anyDigest(), record.source(), bytes);
    return made;
  }

  private void replace(Path place) throws IOException {
    if (Exchange.swap(directory, place)) {
      return;
    }
    // Whoever looks in between finds the old one, see ImageStore.recover.
    Path old = store.old(name);
    Directories.delete(old);
    Trees.rename(place, old);
    Trees.rename(directory, place);
  }

  @Override
  public void close() {
    Directories.delete(directory);
  }
}
