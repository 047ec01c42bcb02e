package dev.bakehouse.image;

import java.util.List;

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
}
