package dev.bakehouse.vm;

import java.nio.file.Path;

/// An image VMs are cloned from; never written by a VM.
///
/// @param name its local name; Tart: the name of the local VM
/// @param directory QEMU: holds `disk.img` (raw, sparse), `config.json`, `nvram.bin`
/// @param digest what the content is, for example `sha256:…`: equal digests, equal disks
public record BaseImage(String name, Path directory, String digest) {}
