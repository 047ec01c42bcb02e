package dev.bakehouse.image;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What a store may take up, and who has a say in what must stay.
///
/// @param inUse asked anew each time
public record StorePolicy(StoreBudget budget, InUse inUse, List<Needed> needed) {
  /// Nothing is limited, nothing but pins and leases keeps an image.
  public static final StorePolicy NONE =
      new StorePolicy(StoreBudget.NONE, InUse.NOTHING, List.of());

  public StorePolicy {
    needed = List.copyOf(needed);
  }

  StorePolicy needing(Needed more) {
    return new StorePolicy(budget, inUse, Stream.concat(needed.stream(), Stream.of(more)).toList());
  }

  /// A host's.
  ///
  /// @param state its state directory
  /// @param store the directory of its images
  /// @param images the names of the images its jobs run in
  public static StorePolicy ofHost(
      StoreBudget budget, Path state, Path store, List<String> images) {
    return new StorePolicy(
        budget,
        InUse.byVms(state, store),
        images.stream()
            .map(image -> Needed.named(image, "jobs of this host run in it (`host.image`)"))
            .toList());
  }
}
