/// Virtual machines: what every hypervisor can do, the slots a host has for them, and the reaper
/// that ends what a dead process left.
@NullMarked
package dev.bakehouse.vm;

import org.jspecify.annotations.NullMarked;
