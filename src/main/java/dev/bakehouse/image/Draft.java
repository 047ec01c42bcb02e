package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// An image being made. [#publish] makes it visible in one step; closing without that leaves
/// nothing.
public final class Draft implements AutoCloseable {
  private final ImageStore store;
  private final String name;
  private final Path directory;

  Draft(ImageStore store, String name, Path directory) {
    this.store = store;
    this.name = ImageStore.checked(name);
    this.directory = directory;
    try {
      Path old = store.work(name + ".old");
      if (Files.exists(old) && !Files.exists(store.root().resolve(name))) {
        Trees.rename(old, store.root().resolve(name));
      }
      Trees.delete(directory);
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw Trees.failed("make room for the image " + name, e);
    }
  }

  /// Where `disk.img`, `config.json` and `nvram.bin` go.
  public Path directory() {
    return directory;
  }

  /// Puts the image in place of one with the same name, whose open files stay valid.
  public LocalImage publish(ImageRecord record) throws IOException {
    Files.write(directory.resolve(ImageStore.RECORD), ImageStore.json(record));
    Path place = store.root().resolve(name);
    Path old = store.work(name + ".old");
    Trees.delete(old);
    if (Files.exists(place)) {
      if (Files.exists(place.resolve("pinned"))) {
        Files.writeString(directory.resolve("pinned"), "");
      }
      Trees.rename(place, old);
    }
    Trees.rename(directory, place);
    Trees.delete(old);
    return store.get(name);
  }

  @Override
  public void close() {
    try {
      Trees.delete(directory);
    } catch (IOException e) {
      throw Trees.failed("remove the unfinished image " + name, e);
    }
  }
}
