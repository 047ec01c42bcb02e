package dev.bakehouse.rollout;

import dev.bakehouse.oci.Digest;

/// An image of the rollout's repository.
///
/// @param name the tag it was promoted by, for people
/// @param digest of its manifest; this alone counts
public record Target(String name, String digest) {
  public Target {
    Digest _ = Digest.parse(digest);
  }

  @Override
  public String toString() {
    return name + " (" + digest + ")";
  }
}
