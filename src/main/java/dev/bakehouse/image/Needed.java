package dev.bakehouse.image;

import java.util.Optional;

/// A say in what must not be pruned, beside pins (also those of a rollout), leases and VMs: the
/// host's configured image.
public interface Needed {
  /// Why this image must stay, for people: `it is host.image`; empty when it may go.
  Optional<String> why(LocalImage image);

  /// The image of one name.
  static Needed named(String name, String why) {
    return image -> image.name().equals(name) ? Optional.of(why) : Optional.empty();
  }
}
