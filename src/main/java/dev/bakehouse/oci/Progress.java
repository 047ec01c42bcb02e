package dev.bakehouse.oci;

/// Hears how far a transfer is. Called from several threads.
public interface Progress {
  Progress NONE =
      new Progress() {
        @Override
        public void total(long bytes) {}

        @Override
        public void advance(long bytes) {}
      };

  /// All bytes to be handled; called once, first.
  void total(long bytes);

  void advance(long bytes);
}
