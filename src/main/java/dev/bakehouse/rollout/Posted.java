package dev.bakehouse.rollout;

import dev.bakehouse.oci.Digest;

/// A document as it stands in the registry.
///
/// @param manifest digest of the artifact it lies in
public record Posted(Document document, Digest manifest) {}
