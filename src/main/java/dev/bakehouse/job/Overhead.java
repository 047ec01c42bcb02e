package dev.bakehouse.job;

/// What caches cost one job, in seconds; part of [JobReport].
///
/// @param restore until the command may begin
/// @param save after it has ended
/// @param pack what `tar czf` of the same directories took; 0 when it was not measured
/// @param upload what the agent took to bring these archives to the build's artifacts
/// @param download what it took to fetch them
/// @param unpack what `tar xzf` of them took
/// @param packed their bytes
record Overhead(
    double restore,
    double save,
    double pack,
    double upload,
    double download,
    double unpack,
    long packed) {
  static final Overhead NONE = new Overhead(0, 0, 0, 0, 0, 0, 0);

  Overhead plusRestore(long nanos) {
    return new Overhead(restore + nanos / 1e9, save, pack, upload, download, unpack, packed);
  }

  Overhead plusSave(long nanos) {
    return new Overhead(restore, save + nanos / 1e9, pack, upload, download, unpack, packed);
  }

  /// @param words seconds of packing, upload, download and unpacking, and bytes
  Overhead withTar(String... words) {
    return new Overhead(
        restore,
        save,
        Double.parseDouble(words[0]),
        Double.parseDouble(words[1]),
        Double.parseDouble(words[2]),
        Double.parseDouble(words[3]),
        Long.parseLong(words[4]));
  }
}
