/// The daemon on a host: its agents, its image made ready, its orphans ended.
@NullMarked
package dev.bakehouse.host;

import org.jspecify.annotations.NullMarked;
