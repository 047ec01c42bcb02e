package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Room in a store, by its rules.
final class StoreRoom implements Room {
  private final ImageStore store;
  private final StorePolicy policy;

  StoreRoom(ImageStore store, StorePolicy policy) {
    this.store = store;
    this.policy = policy;
  }

  @Override
  public Reserved make(long bytes, String what, Path into) {
    try {
      long free = Files.getFileStore(Files.createDirectories(store.work())).getUsableSpace();
      if (free < bytes + policy.budget().reserve()) {
        throw new UserError(
            "Could not %s: it needs %,d MB and %,d MB must stay free, %s has %,d MB free"
                .formatted(
                    what,
                    bytes / 1_000_000,
                    policy.budget().reserve() / 1_000_000,
                    store.root(),
                    free / 1_000_000),
            "Make room, for example with `bakehouse image prune`.");
      }
      return () -> {};
    } catch (IOException e) {
      throw Trees.failed("make room to " + what, e);
    }
  }
}
