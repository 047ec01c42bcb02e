package dev.bakehouse.image;

import dev.bakehouse.config.Section;
import java.time.Duration;
import java.util.Optional;

/// The section `image.store` of a host's `bakehouse.yml`.
///
/// @param bytes `budget-gb`: what all images together may take up
/// @param keep `keep-days`: an image not used for that long goes with the next pruning
/// @param reserve `reserve-gb`: bytes that must stay free after a transfer or build
public record StoreBudget(Optional<Long> bytes, Optional<Duration> keep, long reserve) {
  /// Everything the disk holds.
  public static final StoreBudget NONE = new StoreBudget(Optional.empty(), Optional.empty(), 0);

  static final long GB = 1_000_000_000L;
  private static final int RESERVE_GB = 2;

  /// @param image the section `image`, which stays open
  public static StoreBudget read(Section image) {
    Section store = image.section("store");
    StoreBudget budget =
        new StoreBudget(
            store.has("budget-gb")
                ? Optional.of(store.number("budget-gb", 0, 0, 1 << 20) * GB)
                : Optional.empty(),
            store.has("keep-days")
                ? Optional.of(Duration.ofDays(store.number("keep-days", 0, 0, 36_500)))
                : Optional.empty(),
            store.number("reserve-gb", RESERVE_GB, 0, 1 << 20) * GB);
    store.close();
    return budget;
  }
}
