package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The last step of a target: it sets the target's status on the commit.
public final class StatusStep {
  /// Followed by the target.
  public static final String COMMAND = "bakehouse pipeline status --target ";

  /// Tells the command whose outcomes count: keys of steps, with commas.
  static final String STEPS = "BAKEHOUSE_STATUS_STEPS";

  static final int TIMEOUT = 10;

  private StatusStep() {}

  /// Whether a command line is this.
  public static boolean is(String command) {
    return command.startsWith(COMMAND);
  }

  /// @param env of the step's job
  public static List<String> keys(Map<String, String> env) {
    return Stream.of(env.getOrDefault(STEPS, "").split(","))
        .filter(key -> key.matches("[A-Za-z0-9_.:-]{1,200}"))
        .filter(key -> !key.startsWith("-"))
        .limit(500)
        .toList();
  }
}
