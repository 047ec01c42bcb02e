/// The embedded Buildkite: agents of any version are served at `/v3`, people and tools at `/v2`.
/// Every accepted byte is on disk before its answer; a restart at any point goes on.
@NullMarked
package dev.bakehouse.coordinator;

import org.jspecify.annotations.NullMarked;
