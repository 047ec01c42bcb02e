/// All hosts of an inventory, steered over SSH from any machine; there is no controller.
@NullMarked
package dev.bakehouse.fleet;

import org.jspecify.annotations.NullMarked;
