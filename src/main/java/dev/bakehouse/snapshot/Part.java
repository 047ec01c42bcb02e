package dev.bakehouse.snapshot;

/// A piece of a file's content and its place in the store.
///
/// @param at where it starts in its decoded frame
record Part(Hash hash, int size, Frame frame, int at) {
  /// Files are cut every so many bytes.
  static final int LARGEST = 4 << 20;

  static int count(long fileSize) {
    return Math.toIntExact((fileSize + LARGEST - 1) / LARGEST);
  }

  /// What it takes up in its pack.
  long stored() {
    return frame.raw() == 0 ? 0 : (long) size * frame.stored() / frame.raw();
  }
}
