package dev.bakehouse.job;

import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.GuestTree;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Packing;
import dev.bakehouse.cache.TarPlace;
import dev.bakehouse.guest.GuestSystem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/// A job's caches in its guest: carried in as tar streams; out of a Linux guest comes a listing,
/// and then only what changed.
///
/// @param cachePath in the guest
/// @param sealed the guest's time when they were in, nanoseconds since 1970
record GuestCaches(Machine machine, Path cachePath, long sealed) implements TarPlace {
  @Override
  public void unpack(Kind kind, String of, InputStream tar) throws IOException {
    machine.run(Packing.unpack(kind, place(kind), of), tar, OutputStream.nullOutputStream());
  }

  @Override
  public void pack(Kind kind, OutputStream tar) throws IOException {
    machine.run(Packing.pack(kind, place(kind)), InputStream.nullInputStream(), tar);
  }

  @Override
  public boolean unchanged(Kind kind, Entry restored) {
    return !listed() && TarPlace.super.unchanged(kind, restored);
  }

  @Override
  public boolean unchanged(Kind kind, String of) {
    try {
      machine.run(
          Packing.unchanged(kind, place(kind), of),
          InputStream.nullInputStream(),
          OutputStream.nullOutputStream());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public Saved save(CacheStore store, Address address, Basis basis) {
    return listed()
        ? store.save(address, new GuestTree(machine::run, place(address.kind())), basis)
        : TarPlace.super.save(store, address, basis);
  }

  /// Only GNU find tells all that is asked for.
  private boolean listed() {
    return machine.paths().system() == GuestSystem.LINUX;
  }

  private String place(Kind kind) {
    return kind.under(cachePath).toString();
  }
}
