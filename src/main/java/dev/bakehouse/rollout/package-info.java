/// Which image hosts run: one small signed document in the registry beside the images, written by
/// promoters, polled by hosts. There is no controller.
@NullMarked
package dev.bakehouse.rollout;

import org.jspecify.annotations.NullMarked;
