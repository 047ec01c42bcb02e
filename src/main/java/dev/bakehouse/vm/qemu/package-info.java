/// VMs by QEMU: command lines, its machine protocol, disks, suspend and resume.
@NullMarked
package dev.bakehouse.vm.qemu;

import org.jspecify.annotations.NullMarked;
