package dev.bakehouse.buildkite;

import dev.bakehouse.platform.Command;
import java.util.List;
import java.util.Map;

/// Commands of the `buildkite-agent` that runs a job, done in that job's name.
public final class AgentCommand {
  /// Nothing that says where to: a job would choose which server the host's agent talks to, and
  /// with which of the host's credentials (`BUILDKITE_ARTIFACT_UPLOAD_DESTINATION`).
  private static final List<String> NEEDED =
      List.of(
          "BUILDKITE_AGENT_ACCESS_TOKEN",
          "BUILDKITE_AGENT_ENDPOINT",
          "BUILDKITE_JOB_ID",
          "BUILDKITE_BUILD_ID");

  private AgentCommand() {}

  /// @param job the job's environment; of it, the command gets what says whose it is, and no more
  public static Command of(Map<String, String> job, String... words) {
    String bin = job.getOrDefault("BUILDKITE_BIN_PATH", "");
    String agent = bin.isEmpty() ? "buildkite-agent" : bin + "/buildkite-agent";
    Command command = Command.of(agent).and(words);
    for (String name : NEEDED) {
      String value = job.get(name);
      command = value == null ? command : command.env(name, value);
    }
    return command;
  }
}
