package dev.bakehouse.cli;

import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;

/// Every exit status of the program, and the one place where errors become statuses.
public final class Exit {
  public static final int OK = 0;

  /// The work was done and the answer is "no": a build failed, a check found something.
  public static final int FAILED = 1;

  /// The command line or a file could not be used.
  public static final int USAGE = 2;

  /// The machinery failed, not the work: no VM, no agent, no store. `buildkite-agent` takes it for
  /// a start failure.
  public static final int INFRASTRUCTURE = 125;

  private Exit() {}

  /// Prints an error to standard error and gives its status.
  static int of(Throwable error) {
    if (error instanceof UserError user) {
      System.err.println("bakehouse: " + user.getMessage());
      System.err.println("  " + user.remedy());
      return FAILED;
    }
    if (error instanceof IOException file) {
      System.err.println("bakehouse: Reading or writing failed: " + Reason.of(file));
      System.err.println("  Check the disk's free space and the owner of what is named.");
      return INFRASTRUCTURE;
    }
    System.err.println("bakehouse: internal fault: " + error);
    error.printStackTrace(System.err);
    return INFRASTRUCTURE;
  }
}
