package dev.bakehouse.job;

import dev.bakehouse.config.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// An image that jobs of a host may run in.
///
/// @param name of the local image
/// @param source reference it is pulled from when it is not local
public record OfferedImage(String name, Optional<String> source) {
  private static final String KEY = "other-images";

  /// `host.other-images: {NAME: REFERENCE}`; an empty reference is an image that nobody pulls.
  static List<OfferedImage> read(Section host) {
    List<OfferedImage> all = new ArrayList<>();
    host.map(KEY)
        .forEach(
            (name, source) ->
                all.add(new OfferedImage(name, Optional.of(source).filter(s -> !s.isEmpty()))));
    String first = host.text("image", HostSettings.DEFAULT_IMAGE);
    if (!all.isEmpty() && !host.has("image")) {
      throw host.error(
          KEY, "stands without `host.image`", "Name the image jobs get when they ask for none.");
    }
    if (all.stream().anyMatch(other -> other.name().equals(first))) {
      throw host.error(
          KEY, "names " + first + ", which is `host.image`", "Take it out of one of them.");
    }
    return all;
  }

  /// Of all images a configuration's `host` section offers, that of the usual one first.
  public static List<String> names(Section host) {
    return Stream.concat(
            Stream.of(host.text("image", HostSettings.DEFAULT_IMAGE)),
            read(host).stream().map(OfferedImage::name))
        .toList();
  }
}
