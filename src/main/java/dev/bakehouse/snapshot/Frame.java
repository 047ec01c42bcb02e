package dev.bakehouse.snapshot;

/// A run of parts that is stored, and where compressed decoded, as one.
///
/// @param offset where it starts in its pack
/// @param stored its bytes in the pack
/// @param raw the bytes of its parts
record Frame(PackId pack, long offset, int stored, int raw, Encoding encoding) {
  /// More than a reader decodes at once.
  static final int LARGEST = 8 << 20;

  enum Encoding {
    RAW,
    ZSTD
  }
}
