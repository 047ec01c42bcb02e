/// The step model of a Buildkite pipeline: read from what an agent uploads or from a YAML file,
/// checked once, then trusted.
@NullMarked
package dev.bakehouse.pipeline;

import org.jspecify.annotations.NullMarked;
