/// Image references, manifests and blobs; a registry over HTTP or a layout in a directory behind
/// one interface; Tart's disk format on top, both ways, every digest checked.
@NullMarked
package dev.bakehouse.oci;

import org.jspecify.annotations.NullMarked;
