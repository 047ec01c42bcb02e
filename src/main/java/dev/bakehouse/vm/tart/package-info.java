/// VMs by the `tart` command on Apple Silicon.
@NullMarked
package dev.bakehouse.vm.tart;

import org.jspecify.annotations.NullMarked;
