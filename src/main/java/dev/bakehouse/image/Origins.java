package dev.bakehouse.image;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;

/// Where the manifest and the blobs of images are, beside this host.
///
/// @param history of the store, read once
record Origins(List<History.Event> history) {
  static Origins of(ImageStore store) {
    return new Origins(store.history().read());
  }

  /// Where an image was pulled from, then where it was pushed to, the newest first.
  List<Reference> of(LocalImage image) {
    String digest = image.record().digest();
    List<String> places = new ArrayList<>();
    if (image.record().source().contains(":")) {
      places.add(image.record().source());
    }
    for (History.Event event : history.reversed()) {
      if (event.what().equals("pushed") && !digest.isEmpty() && event.digest().equals(digest)) {
        places.add(event.from());
      }
    }
    return places.stream().distinct().flatMap(place -> reference(place).stream()).toList();
  }

  private static List<Reference> reference(String place) {
    try {
      return List.of(Reference.parse(place));
    } catch (UserError e) {
      return List.of();
    }
  }
}
