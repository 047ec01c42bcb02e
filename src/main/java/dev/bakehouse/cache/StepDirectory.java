package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/// The caches of a step that runs on this machine itself, below its `CACHE_PATH`.
public record StepDirectory(Path cachePath) implements Place {
  @Override
  public void restore(Kind kind, Opened.Whole saved, Consumer<String> lost) throws IOException {
    saved.restore(kind.under(cachePath)).lost().forEach(lost);
  }

  @Override
  public void empty(Kind kind) throws IOException {
    Path directory = kind.under(cachePath);
    ReplaceGuard.check(directory, kind, false);
    Directories.delete(directory);
    Files.createDirectories(directory);
  }

  @Override
  public Saved save(CacheStore store, Address address, Basis basis) {
    HostDirectory directory = new HostDirectory(address.kind().under(cachePath));
    return directory.save(store, address, basis.scopes(), basis.mayShrink());
  }
}
