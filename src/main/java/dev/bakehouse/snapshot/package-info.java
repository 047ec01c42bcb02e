/// Trees of files as content-addressed, packed, incremental snapshots in a
/// [store][dev.bakehouse.store.BlobStore]; `docs/cache-format.md` describes what lies there. Knows
/// nothing of builds.
@NullMarked
package dev.bakehouse.snapshot;

import org.jspecify.annotations.NullMarked;
