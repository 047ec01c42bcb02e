package dev.bakehouse.job;

import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.ProgramFiles;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// One file of evidence and the command in the guest whose output it is.
///
/// @param input its standard input: what stands in an argument list is in the guest's own journal,
///   by `sudo`
/// @param text whether secrets can be replaced in it
record EvidenceProbe(String file, List<String> argv, byte[] input, long most, boolean text) {
  /// Of a text.
  static final long TEXT = 4 << 20;

  private static final long PICTURE = 16 << 20;

  /// By boot and not by machine: a resumed guest has another machine id than what it wrote before.
  private static final String JOURNAL =
      """
      exec journalctl -m --no-pager -o short-precise -n 5000 \
        "_BOOT_ID=$(tr -d - </proc/sys/kernel/random/boot_id)"
      """;

  private static final String REPORTS =
      """
      minutes=$1
      shift
      find "$@" -type f -mmin "-$minutes" 2>/dev/null | head -n 20 | while IFS= read -r file; do
        echo "== $file"
        head -c 1000000 "$file"
        echo
      done
      """;

  /// Only the session of who is logged in has a display.
  private static final String SCREENSHOT =
      """
      user=$(stat -f %u /dev/console) && [ "$user" != 0 ] || exit 0
      dir=$(mktemp -d) || exit 1
      launchctl asuser "$user" screencapture -x "$dir/screenshot.png" >&2 && cat "$dir/screenshot.png"
      status=$?
      rm -rf "$dir"
      exit "$status"
      """;

  /// What a guest tells of a failure.
  ///
  /// @param job how long ago it began
  static List<EvidenceProbe> ofFailure(GuestSystem system, Duration job) {
    return switch (system) {
      case LINUX -> List.of(script("journal.txt", JOURNAL, List.of(), TEXT, true));
      case DARWIN ->
          List.of(
              script(
                  "reports.txt",
                  REPORTS,
                  List.of(
                      Long.toString(job.toMinutes() + 1),
                      "/Library/Logs/DiagnosticReports",
                      system.home() + "/Library/Logs/DiagnosticReports"),
                  TEXT,
                  true),
              script("screenshot.png", SCREENSHOT, List.of(), PICTURE, false));
    };
  }

  /// Where the processes of a run are.
  static EvidenceProbe stacks(GuestSystem system, String run, Duration time) {
    String directory = system == GuestSystem.LINUX ? "/run/bakehouse" : "/var/run/bakehouse";
    String seconds = Long.toString(Math.max(1, time.toSeconds()));
    return new EvidenceProbe(
        "stacks.txt",
        List.of("sudo", "-n", "perl", "-", directory + "/runs/" + run + ".started", seconds),
        ProgramFiles.bytes(EvidenceProbe.class, "stacks.pl"),
        TEXT,
        true);
  }

  /// Core dumps of processes, where the job may leave them.
  static final class Cores {
    /// Blocks of 512 bytes.
    private static final long LARGEST = (1L << 30) / 512;

    private Cores() {}

    private static String directory(GuestSystem system) {
      return system == GuestSystem.LINUX ? "/var/tmp/bakehouse-cores" : "/cores";
    }

    /// Lets the guest write them.
    static EvidenceProbe allow(GuestSystem system) {
      String set =
          switch (system) {
            case LINUX -> "sysctl -q \"kernel.core_pattern=$1/core.%e.%p\"";
            case DARWIN -> "sysctl kern.coredump=1 >&2";
          };
      return script(
          "",
          "mkdir -p \"$1\" && chmod 1777 \"$1\" && " + set,
          List.of(directory(system)),
          0,
          true);
    }

    /// A command whose processes leave some.
    static List<String> of(List<String> argv) {
      String allow = "ulimit -c " + LARGEST + " || ulimit -c \"$(ulimit -H -c)\"; exec \"$@\"";
      return Stream.concat(Stream.of("/bin/sh", "-c", allow, "sh"), argv.stream()).toList();
    }

    /// Names of some, the last one first.
    static EvidenceProbe list(GuestSystem system, Duration job) {
      String script = "cd \"$1\" && find . -type f -name 'core.*' -mmin \"-$2\" -exec ls -t {} +";
      String minutes = Long.toString(job.toMinutes() + 1);
      return script("", script, List.of(directory(system), minutes), TEXT, true);
    }

    /// One of them.
    ///
    /// @param name as in the list
    static EvidenceProbe one(GuestSystem system, String name, long most) {
      return new EvidenceProbe(
          name + ".gz",
          List.of("sudo", "-n", "gzip", "-1", "-c", "--", directory(system) + "/" + name),
          new byte[0],
          most,
          false);
    }
  }

  private static EvidenceProbe script(
      String file, String script, List<String> arguments, long most, boolean text) {
    List<String> argv =
        Stream.concat(Stream.of("sudo", "-n", "sh", "-s", "--"), arguments.stream()).toList();
    // Read to its end before it begins: nothing in it can take the rest for its own input.
    byte[] whole = ("{\n" + script + "\n} </dev/null\n").getBytes(StandardCharsets.UTF_8);
    return new EvidenceProbe(file, argv, whole, most, text);
  }
}
