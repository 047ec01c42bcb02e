package dev.bakehouse.platform;

import java.util.Optional;

/// Other processes, by exact identity: a number alone is reused, a number with its start time is
/// not.
public final class Processes {
  private Processes() {}

  /// A process that can be recognised later, also by another process.
  ///
  /// @param pid the process number
  /// @param started its start, milliseconds since 1970, as the system tells it
  public record Identity(long pid, long started) {
    /// The process, while it lives.
    public Optional<ProcessHandle> alive() {
      return ProcessHandle.of(pid).filter(p -> p.isAlive() && startOf(p) == started);
    }
  }

  public static Identity identity(ProcessHandle process) {
    return new Identity(process.pid(), startOf(process));
  }

  /// Kills a process and all below it, the parent first so that it starts nothing new.
  public static void killTree(ProcessHandle process) {
    var below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
  }

  private static long startOf(ProcessHandle process) {
    return process.info().startInstant().map(i -> i.toEpochMilli()).orElse(0L);
  }
}
