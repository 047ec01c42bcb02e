package dev.bakehouse.pipeline;

import java.util.List;

/// Exit statuses that fail the job but not the build.
///
/// @param all any status
/// @param statuses as an agent reports them, for example "1"
public record SoftFail(boolean all, List<String> statuses) {
  public static final SoftFail NEVER = new SoftFail(false, List.of());

  public SoftFail {
    statuses = List.copyOf(statuses);
  }

  public boolean covers(String exitStatus) {
    return all || statuses.contains(exitStatus);
  }
}
