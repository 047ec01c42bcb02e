package dev.bakehouse.cache;

import static java.util.Objects.requireNonNull;

import dev.bakehouse.cache.Entry.Address;
import java.math.BigInteger;
import java.time.Instant;
import java.util.regex.Pattern;

/// What a saved cache is: a wire record, published after its snapshot.
///
/// @param version 2; a reader takes any other for damaged
/// @param ref a branch, or `pull:NUMBER`
/// @param snapshot its id
/// @param stored bytes it takes in the store, those it shares with others included
/// @param files files in the cache, hard links included
/// @param bytes what they hold together
record Manifest(
    int version,
    String pipeline,
    String ref,
    String platform,
    String build,
    String step,
    String kind,
    String snapshot,
    long stored,
    long files,
    long bytes,
    Instant created) {
  static final int VERSION = 2;
  private static final Pattern SNAPSHOT = Pattern.compile("[0-9a-f]{64}");

  Manifest {
    requireNonNull(pipeline, "pipeline");
    requireNonNull(ref, "ref");
    requireNonNull(platform, "platform");
    requireNonNull(build, "build");
    requireNonNull(step, "step");
    requireNonNull(kind, "kind");
    requireNonNull(snapshot, "snapshot");
    requireNonNull(created, "created");
  }

  /// Whether manifests of a version are understood, or known to be out of use.
  static boolean known(String version) {
    return new BigInteger(version).compareTo(BigInteger.valueOf(VERSION)) <= 0;
  }

  boolean sound() {
    return version == VERSION && SNAPSHOT.matcher(snapshot).matches();
  }

  Scope scope() {
    return new Scope(pipeline, Scope.ref(ref), platform);
  }

  Entry entry(Address address, Instant used) {
    return new Entry(address, snapshot, files, bytes, stored, created, used);
  }

  static Manifest of(
      Address address, String snapshot, long stored, long files, long bytes, Instant created) {
    return new Manifest(
        VERSION,
        address.scope().pipeline(),
        address.scope().ref().text(),
        address.scope().platform(),
        address.build(),
        address.step(),
        address.kind().name(),
        snapshot,
        stored,
        files,
        bytes,
        created);
  }

  /// The same snapshot as another address's cache.
  Manifest at(Address address, Instant now) {
    return of(address, snapshot, stored, files, bytes, now);
  }
}
