package dev.bakehouse.vm;

import java.nio.file.Path;

/// The disks of cache volumes, which outlive the VMs that write them.
///
/// A disk is one or more files in one directory, the lowest first; each but the first holds only
/// what differs from those below it, and names the one below. None is ever written again. A VM gets
/// a clone by [Vm#attach] and gives it back by [Vm#settle] and [Vm#handOver].
public interface VolumeDisks {
  /// What a guest sees, in bytes: as large as the blank disk that a template has in its place.
  long size();

  /// How the names of such files end, with the dot.
  String suffix();

  /// Writes a disk with all below it as one file, from which others can be cloned.
  ///
  /// @param top the highest file of the disk
  void flatten(Path top, Path target);
}
