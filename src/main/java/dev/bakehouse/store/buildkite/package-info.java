/// Blobs as artifacts of Buildkite's builds, or of the embedded coordinator's.
@NullMarked
package dev.bakehouse.store.buildkite;

import org.jspecify.annotations.NullMarked;
