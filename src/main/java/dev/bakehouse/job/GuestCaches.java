package dev.bakehouse.job;

import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Packing;
import dev.bakehouse.cache.TarPlace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/// A job's caches in its guest.
///
/// @param cachePath in the guest
record GuestCaches(Machine machine, Path cachePath) implements TarPlace {
  @Override
  public void unpack(Kind kind, String of, InputStream tar) throws IOException {
    machine.run(Packing.unpack(kind, place(kind), of), tar, OutputStream.nullOutputStream());
  }

  @Override
  public void pack(Kind kind, OutputStream tar) throws IOException {
    machine.run(Packing.pack(kind, place(kind)), InputStream.nullInputStream(), tar);
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

  private String place(Kind kind) {
    return kind.under(cachePath).toString();
  }
}
