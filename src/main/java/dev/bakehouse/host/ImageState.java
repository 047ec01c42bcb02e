package dev.bakehouse.host;

/// What a host knows of one image its jobs may run in.
///
/// @param offered its name in the configuration
/// @param name its local name: another one while a rollout is in force
/// @param standing what is to be done about it
/// @param reason for people; the same text as long as nothing changed, for it goes into a tag
/// @param bootstrapVersion of the script that made it, empty when nobody knows
/// @param bunVersion of the product it is for, empty when nobody knows
record ImageState(
    String offered,
    String name,
    Standing standing,
    String reason,
    String bootstrapVersion,
    String bunVersion) {
  /// How an image stands.
  enum Standing {
    /// Jobs may run in it.
    READY,
    /// It is not here.
    MISSING,
    /// Its files are not what they were; nobody knows yet whether they are right.
    CHANGED,
    /// It is known to be wrong.
    DAMAGED,
    /// It is whole, but not what is required.
    UNFIT
  }

  boolean ready() {
    return standing == Standing.READY;
  }

  ImageState and(String more) {
    String all = reason + (reason.isEmpty() || more.isEmpty() ? "" : ", ") + more;
    return new ImageState(offered, name, standing, all, bootstrapVersion, bunVersion);
  }
}
