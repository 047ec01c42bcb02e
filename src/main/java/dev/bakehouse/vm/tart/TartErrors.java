package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.UserError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tart's complaints as errors with a remedy. Texts and statuses as of Tart 2.35: 2 for a VM that
/// is missing, runs, or does not run; 64 for a command line it does not take; 1 for all else.
final class TartErrors {
  /// Status for a VM that is missing, runs already, or does not run.
  static final int STATE = 2;

  /// Status for an option this version of Tart does not know.
  static final int USAGE = 64;

  private static final Pattern LIMIT =
      Pattern.compile(
          "number of VMs exceeds the system limit(?: \\(other running VMs: ([^)]*)\\))?");

  private TartErrors() {}

  /// @param doing what was being done, to what: `start the VM one`
  static UserError of(String doing, int status, String complaint) {
    String message =
        "Could not " + doing + ": tart ended with status " + status + ": " + complaint.strip();
    return new UserError(message, remedy(status, complaint));
  }

  private static String remedy(int status, String complaint) {
    Matcher limit = LIMIT.matcher(complaint);
    if (limit.find()) {
      String others = limit.group(1);
      return others == null
          ? "macOS runs two macOS VMs at most; with none to be seen in `tart list`, restart the host."
          : "macOS runs two macOS VMs at most; stop one of " + others + ".";
    }
    if (complaint.contains("does not exist")) {
      return "`tart list` names the VMs there are.";
    }
    if (complaint.contains("is not running")) {
      return "Start it; it may have stopped by itself.";
    }
    if (complaint.contains("is already running") || complaint.endsWith("is running")) {
      return "Stop it first: `tart stop` and its name.";
    }
    if (complaint.contains("VZErrorDomain")) {
      return "macOS refused the VM; free memory and disk, or restart the host.";
    }
    if (complaint.contains("no IP address found")) {
      return "See whether the guest has booted, and its network.";
    }
    return status == USAGE
        ? "This Tart does not take that command line; install version 2.28 or later."
        : "Correct what Tart complains about.";
  }
}
