/// VM images: how a guest image is made and kept.
@NullMarked
package dev.bakehouse.image;

import org.jspecify.annotations.NullMarked;
