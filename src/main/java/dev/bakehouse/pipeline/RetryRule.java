package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Locale;

/// When a failed job runs again by itself.
///
/// @param statuses exit statuses as an agent reports them; `*` is any
/// @param signals without `SIG`, in upper case; `*` is any or none, `NONE` is none
/// @param signalReasons `*` is any, `none` is a finish without one
/// @param limit how many times this rule may start the job again
public record RetryRule(
    List<String> statuses, List<String> signals, List<String> signalReasons, int limit) {
  public RetryRule {
    statuses = List.copyOf(statuses);
    signals = signals.stream().map(RetryRule::plain).toList();
    signalReasons = List.copyOf(signalReasons);
  }

  /// @param signal empty for none
  /// @param reason empty for none
  public boolean covers(String exitStatus, String signal, String reason) {
    return has(statuses, exitStatus)
        && has(signals, signal.isEmpty() ? "NONE" : plain(signal))
        && has(signalReasons, reason.isEmpty() ? "none" : reason);
  }

  private static boolean has(List<String> all, String one) {
    return all.contains("*") || all.contains(one);
  }

  private static String plain(String signal) {
    return signal.toUpperCase(Locale.ROOT).replaceFirst("^SIG", "");
  }
}
