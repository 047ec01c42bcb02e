package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.HostTree;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.Seal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A cache directory on this machine. What was last restored to it, or saved from it, is noted
/// beside it, so that the next save or restore looks only at what changed.
///
/// @param path a symbolic link to a directory stands for that
public record HostDirectory(Path path) {
  public HostDirectory {
    try {
      path = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    } catch (IOException e) {
      throw new UserError(
          "Could not look at the cache directory " + path + ": " + e.getMessage(),
          "Check the directory and those it lies in.",
          e);
    }
  }

  /// @param scopes whose newest state it probably resembles, when nothing is noted
  /// @throws UserError when the directory can not be read, a restore to it was broken off, or the
  ///   store fails
  public Saved save(CacheStore store, Address address, List<Scope> scopes, boolean mayShrink) {
    Seal seal = new Seal(path);
    Optional<ExclusiveLock> alone = alone(seal);
    try {
      return save(seal, store, address, scopes, mayShrink);
    } finally {
      alone.ifPresent(ExclusiveLock::close);
    }
  }

  private Optional<ExclusiveLock> alone(Seal seal) {
    try {
      return Files.isDirectory(path) ? Optional.of(seal.lock()) : Optional.empty();
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private Saved save(
      Seal seal, CacheStore store, Address address, List<Scope> scopes, boolean mayShrink) {
    String before = seal.text();
    if (seal.partial()) {
      throw new UserError(
          "A restore to " + path + " was broken off: what it holds is no cache",
          "Restore it again, or remove it and " + path + "'s note `.NAME.bakehouse` beside it.");
    }
    Optional<Seal.State> state = seal.read();
    long now = moment(seal);
    Basis basis =
        new Basis(
            state.map(Seal.State::snapshot),
            state.map(Seal.State::moment).orElse(Node.UNKNOWN),
            seal.afresh() ? List.of() : scopes,
            mayShrink);
    Saved saved = store.save(address, new HostTree(path, address.kind()::leavesOut), basis);
    if (saved.entry().isPresent() && now != Node.UNKNOWN) {
      note(seal, before, new Seal.State(saved.entry().get().snapshot(), now));
    }
    return saved;
  }

  /// A directory beside which nothing can be written has no notes.
  private static long moment(Seal seal) {
    try {
      return seal.moment();
    } catch (IOException e) {
      return Node.UNKNOWN;
    }
  }

  private static void note(Seal seal, String before, Seal.State state) {
    try {
      seal.writeUnlessChanged(before, state);
    } catch (IOException e) {
      // The next save reads all files.
    }
  }
}
