package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.nio.file.Path;

/// Sees to it that a transfer or build will find the space it needs, before it begins.
public interface Room {
  /// Takes nobody's word and refuses nothing: for places that are no store of a host.
  Room UNCHECKED = (_, _, _) -> () -> {};

  /// Room for bytes that are about to be allocated, kept from others until closed.
  interface Reserved extends AutoCloseable {
    @Override
    void close();
  }

  /// Makes room: leavings of dead transfers go first, then images within the store's rules, the
  /// least recently used first. Nothing goes when that would not suffice.
  ///
  /// @param bytes that will be allocated on the store's file system
  /// @param what is being done, for errors: `pull ghcr.io/o/r:1`
  /// @param into where they will lie, there or not yet: what is allocated there from now on counts
  ///   as part of them
  /// @throws UserError that names what is needed, what is free, and what un-pinning would free
  Reserved make(long bytes, String what, Path into);
}
