/// Blobs by name: a directory now, other kinds of stores behind the same interface.
@NullMarked
package dev.bakehouse.store;

import org.jspecify.annotations.NullMarked;
