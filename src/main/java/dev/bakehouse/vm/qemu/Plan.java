package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.Shape;
import java.util.Optional;

/// How one QEMU is to be started. Its working directory is the VM's; paths are relative to it.
///
/// @param append the kernel's command line, when the directory holds `kernel` and `initrd`; empty
///   to boot by firmware
/// @param memory the file behind the guest's memory
/// @param incoming wait for a suspended state: memory is mapped privately then, the file never
///   written
/// @param reboot whether a reboot of the guest is one; else it ends the VM
record Plan(
    Shape shape, Optional<String> append, String memory, boolean incoming, boolean reboot) {}
