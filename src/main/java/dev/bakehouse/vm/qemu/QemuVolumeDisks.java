package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.VolumeDisks;
import java.nio.file.Path;

/// Cache volumes as qcow2 files.
final class QemuVolumeDisks implements VolumeDisks {
  @Override
  public long size() {
    return Disks.CACHE_GB * Disks.GB;
  }

  @Override
  public String suffix() {
    return ".qcow2";
  }

  @Override
  public void flatten(Path top, Path target) {
    Disks.flatten(top, target, "qcow2");
  }
}
