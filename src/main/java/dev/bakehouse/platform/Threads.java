package dev.bakehouse.platform;

/// Threads for work that waits in a pipe, a file or native code.
///
/// These are the system's: a virtual thread in such a wait holds its carrier, and there are only as
/// many carriers as processors. Two guardians' pipes once held both of a small machine, and nothing
/// else ran.
public final class Threads {
  private Threads() {}

  /// Starts a thread that does not keep the program alive.
  public static Thread start(Runnable work) {
    return Thread.ofPlatform().daemon().start(work);
  }
}
