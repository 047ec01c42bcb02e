/// Blobs by name: in a directory, in S3, in the artifacts of builds, all behind one interface.
@NullMarked
package dev.bakehouse.store;

import org.jspecify.annotations.NullMarked;
