/// Client of Buildkite's REST API, which the embedded coordinator serves too.
@NullMarked
package dev.bakehouse.buildkite;

import org.jspecify.annotations.NullMarked;
