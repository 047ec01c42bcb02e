package dev.bakehouse.image;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A store's images with what must be measured and asked for.
///
/// @param images by name
/// @param sizes bytes each takes up with all it shares, by name
/// @param uses why each that is used can not be deleted, by name
public record StoreView(
    List<LocalImage> images, Map<String, Long> sizes, Map<String, String> uses) {
  public static StoreView of(ImageStore store) {
    List<LocalImage> images = store.list();
    Map<String, Long> sizes = new TreeMap<>();
    Map<String, String> uses = new TreeMap<>();
    Use use = new Use(store);
    try {
      Usage usage = Usage.of(images);
      for (LocalImage image : images) {
        sizes.put(image.name(), usage.of(image.name()));
        use.word(image).ifPresent(word -> uses.put(image.name(), word));
      }
    } catch (IOException e) {
      throw Trees.failed("measure the images in " + store.root(), e);
    }
    return new StoreView(images, sizes, uses);
  }
}
