package dev.bakehouse.snapshot;

/// One thing in a tree of files.
///
/// Paths and link targets are byte strings: one character, 0 to 255, for each byte. Their order is
/// that of the bytes. A path is relative, without empty, `.` and `..` segments; only the top of the
/// tree has the path `""`. Modes are the twelve permission bits. Times are nanoseconds since the
/// epoch.
public sealed interface Node {
  /// What stands for a time or an inode that is not known.
  long UNKNOWN = -1;

  String path();

  record Dir(String path, int mode, long mtime) implements Node {}

  /// Since when what lies in a directory may be other than it was. One that got another name has a
  /// `ctime` beyond its `mtime`, and brought files along of which none changed.
  ///
  /// @param above the same of the directory it lies in
  static long since(long above, long mtime, long ctime) {
    return ctime > mtime ? Math.max(above, ctime) : above;
  }

  /// @param ctime when the inode last changed, by the clock of its file system, or a directory
  ///   above it came there; or [#UNKNOWN]
  /// @param inode or [#UNKNOWN]
  record File(String path, int mode, long mtime, long size, long ctime, long inode)
      implements Node {}

  record Symlink(String path, long mtime, String target) implements Node {}

  /// Another name of a file.
  ///
  /// @param of the path of the [File], which is less than this one
  record Hardlink(String path, String of) implements Node {}
}
