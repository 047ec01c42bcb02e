package dev.bakehouse.oci;

import java.util.Optional;

/// An image whose slices another may have.
///
/// @param origin the repository that has it, when known
public record Parent(Manifest manifest, Optional<Repository> origin) {}
