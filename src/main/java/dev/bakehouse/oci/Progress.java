package dev.bakehouse.oci;

/// Hears how far a transfer is. Called from several threads.
public interface Progress {
  Progress NONE =
      new Progress() {
        @Override
        public void total(long bytes) {}

        @Override
        public void advance(long bytes) {}

        @Override
        public void moved(long bytes) {}

        @Override
        public void reused(Reuse how, long bytes) {}

        @Override
        public void note(String line) {}
      };

  /// Why bytes need not be moved.
  enum Reuse {
    /// A slice that another image here, or the image's parent in the repository, has.
    SLICES,
    /// Blocks of another image here.
    BLOCKS,
    ZEROS,
    /// What an interrupted transfer had finished.
    RESUMED
  }

  /// All bytes to be handled; called once, first. A pull counts compressed bytes, a push raw ones.
  void total(long bytes);

  /// Bytes of the total that are done, in whatever way.
  void advance(long bytes);

  /// Bytes of blobs that went over the network, or into a layout.
  void moved(long bytes);

  /// Bytes of the total that were done without moving them.
  void reused(Reuse how, long bytes);

  /// Something a person should know.
  void note(String line);
}
