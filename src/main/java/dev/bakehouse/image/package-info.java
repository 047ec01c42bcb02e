/// VM images: their names and identity, the store on this host, getting one from a registry or
/// building it, and publishing it in one step.
@NullMarked
package dev.bakehouse.image;

import org.jspecify.annotations.NullMarked;
