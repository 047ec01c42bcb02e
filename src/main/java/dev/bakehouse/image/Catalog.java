package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/// Which images a store has, also while one of them is being replaced.
///
/// @param store whose directories are looked at
record Catalog(ImageStore store) {
  Optional<LocalImage> find(String name) {
    Path directory = store.root().resolve(name);
    try {
      Optional<LocalImage> image = Shelf.read(name, directory);
      if (image.isPresent() || !Files.isDirectory(store.work())) {
        return image;
      }
      // It may be on its way from one place to the other.
      return store.gated("find the image " + name, () -> Shelf.read(name, store.recover(name)));
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read the image " + name + " in " + store.root() + ": " + e.getMessage(),
          "Check the mode of "
              + directory.resolve(ImageStore.RECORD)
              + "; a broken image is best deleted.",
          e);
    }
  }

  UserError missing(String name) {
    String near = Near.to(name, names());
    return new UserError(
        "There is no image `"
            + name
            + "` in "
            + store.root()
            + (near.isEmpty() ? "" : "; near: " + near),
        "`bakehouse image list` shows what there is, `image ensure` gets one.");
  }

  List<LocalImage> list() {
    return names().stream().flatMap(name -> readable(name).stream()).toList();
  }

  List<String> foreign() {
    return names().stream().filter(name -> readable(name).isEmpty()).toList();
  }

  private Optional<LocalImage> readable(String name) {
    try {
      return find(name);
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private List<String> names() {
    // One that is being replaced on a file system without exchange is in neither place for a
    // moment.
    Stream<String> between =
        Shelf.names(store.work()).stream()
            .filter(entry -> entry.endsWith(ImageStore.OLD))
            .map(entry -> entry.substring(0, entry.length() - ImageStore.OLD.length()));
    return Stream.concat(Shelf.names(store.root()).stream(), between)
        .filter(name -> ImageStore.NAME.matcher(name).matches())
        .distinct()
        .sorted()
        .toList();
  }
}
