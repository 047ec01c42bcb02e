package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;

/// A store of caches that did not do what it was asked.
final class StoreFailure {
  private StoreFailure() {}

  /// @param doing for example `sweep`
  static UserError of(String doing, BlobStore blobs, IOException e) {
    return new UserError(
        "Could not " + doing + " the cache store " + blobs.url() + ": " + e.getMessage(),
        "Check that the store is reachable and its files can be read and written.",
        e);
  }
}
