package dev.bakehouse.snapshot;

import java.security.SecureRandom;
import java.util.HexFormat;

/// The name of a pack: 128 random bits, so that it stands before the pack is complete and nobody
/// else has it.
record PackId(long high, long low) {
  static final int BYTES = 16;
  static final String PREFIX = "packs";
  private static final SecureRandom RANDOM = new SecureRandom();

  static PackId random() {
    return new PackId(RANDOM.nextLong(), RANDOM.nextLong());
  }

  /// Where it lies in a store.
  String key() {
    HexFormat hex = HexFormat.of();
    return PREFIX + "/" + hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
