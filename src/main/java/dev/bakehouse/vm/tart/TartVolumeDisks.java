package dev.bakehouse.vm.tart;

import dev.bakehouse.vm.VolumeDisks;
import java.nio.file.Path;

/// Cache volumes as raw, sparse files, one each, that the file system clones.
final class TartVolumeDisks implements VolumeDisks {
  static final long SIZE = 32L << 30;

  @Override
  public long size() {
    return SIZE;
  }

  @Override
  public String suffix() {
    return ".img";
  }

  @Override
  public void flatten(Path top, Path target) {
    TartVolume.copy(top, target);
  }
}
