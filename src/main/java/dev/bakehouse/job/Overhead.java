package dev.bakehouse.job;

/// What caches cost one job, in seconds; part of [JobReport].
///
/// @param restore until the command may begin
/// @param save after it has ended
/// @param pack what `tar czf` of the same directories took; 0 when it was not measured
/// @param unpack what `tar xzf` of that took
/// @param packed its bytes
record Overhead(double restore, double save, double pack, double unpack, long packed) {
  static final Overhead NONE = new Overhead(0, 0, 0, 0, 0);

  Overhead plusRestore(long nanos) {
    return new Overhead(restore + nanos / 1e9, save, pack, unpack, packed);
  }

  Overhead plusSave(long nanos) {
    return new Overhead(restore, save + nanos / 1e9, pack, unpack, packed);
  }

  Overhead plusTar(double packSeconds, double unpackSeconds, long bytes) {
    return new Overhead(restore, save, pack + packSeconds, unpack + unpackSeconds, packed + bytes);
  }
}
