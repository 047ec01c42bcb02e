package dev.bakehouse.oci;

import java.util.Optional;

/// A slice that the repository has.
///
/// @param index of its chunks, when there is one
record PushedSlice(Descriptor blob, Optional<Descriptor> index) {}
