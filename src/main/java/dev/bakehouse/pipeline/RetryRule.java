package dev.bakehouse.pipeline;

import java.util.List;

/// When a failed job runs again by itself.
///
/// @param statuses exit statuses as an agent reports them; `*` is any
/// @param signalReason `*` is any, `none` is a finish without one
/// @param limit how many times this rule may start the job again
public record RetryRule(List<String> statuses, String signalReason, int limit) {
  public RetryRule {
    statuses = List.copyOf(statuses);
  }

  public boolean covers(String exitStatus, String reason) {
    boolean status = statuses.contains("*") || statuses.contains(exitStatus);
    String shown = reason.isEmpty() ? "none" : reason;
    return status && (signalReason.equals("*") || signalReason.equals(shown));
  }
}
