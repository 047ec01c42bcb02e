/// Compilation caches between builds: kinds, who restores and saves what, where it comes from, and
/// the archives in a store.
@NullMarked
package dev.bakehouse.cache;

import org.jspecify.annotations.NullMarked;
