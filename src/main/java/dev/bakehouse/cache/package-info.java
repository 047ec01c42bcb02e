/// Compilation caches between builds: kinds, who restores and saves what, where it comes from, and
/// their states in a store.
@NullMarked
package dev.bakehouse.cache;

import org.jspecify.annotations.NullMarked;
