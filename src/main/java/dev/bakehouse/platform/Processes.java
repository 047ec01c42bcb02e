package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Other processes, by exact identity: a number alone is reused, a number with its start time is
/// not.
public final class Processes {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /// The start of a process that has ended.
  private static final long GONE = -1;

  private Processes() {}

  /// A process that can be recognised later, also by another process.
  ///
  /// @param pid the process number
  /// @param started when it started, as a number that is good for comparison only
  public record Identity(long pid, long started) {
    /// The process, while it lives.
    public Optional<ProcessHandle> alive() {
      if (started == GONE) {
        return Optional.empty();
      }
      return ProcessHandle.of(pid).filter(p -> p.isAlive() && startOf(p) == started);
    }

    /// `PID STARTED`, the form of an identity file.
    public String text() {
      return pid + " " + started;
    }

    /// Reads a file with [#text]; empty for a missing or torn one.
    public static Optional<Identity> read(Path file) {
      try {
        return parse(Files.readString(file));
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    /// Reads [#text]; empty for anything else.
    public static Optional<Identity> parse(String text) {
      try {
        String[] words = text.strip().split(" ");
        return Optional.of(new Identity(Long.parseLong(words[0]), Long.parseLong(words[1])));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        return Optional.empty();
      }
    }
  }

  public static Identity identity(ProcessHandle process) {
    return new Identity(process.pid(), startOf(process));
  }

  /// This process.
  public static Identity self() {
    return identity(ProcessHandle.current());
  }

  /// Kills a process and all below it, the parent first so that it starts nothing new.
  public static void killTree(ProcessHandle process) {
    var below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
  }

  /// On Linux the JVM derives a start time from the wall clock at boot, which moves when the clock
  /// is set, so two JVMs may disagree about one process. The kernel's own count of ticks does not
  /// move; the boot's id keeps a count from before a reboot from matching.
  private static long startOf(ProcessHandle process) {
    Path stat = Path.of("/proc/" + process.pid() + "/stat");
    if (Files.exists(stat)) {
      try {
        String line = new String(Files.readAllBytes(stat), StandardCharsets.ISO_8859_1);
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        long boot = Files.readString(BOOT_ID).hashCode() & 0x7fff;
        boolean zombie = fields[0].equals("Z");
        return zombie ? GONE : (boot << 40) + Long.parseLong(fields[19]);
      } catch (IOException e) {
        return GONE;
      }
    }
    return process.info().startInstant().map(i -> i.toEpochMilli()).orElse(0L);
  }
}
