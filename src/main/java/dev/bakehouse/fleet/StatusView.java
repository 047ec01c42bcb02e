package dev.bakehouse.fleet;

import java.util.Optional;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// What `bakehouse host status --json` says, as far as a fleet needs it.
public final class StatusView {
  private static final String DRAINED = "drained: ";

  private StatusView() {}

  /// How many jobs run there, or may.
  public static long busy(JsonNode status) {
    return StreamSupport.stream(status.path("agents").spliterator(), false)
        .map(agent -> agent.path("state").asString(""))
        .filter(state -> state.equals("busy") || state.equals("leaving"))
        .count();
  }

  /// Why it is drained, whether a daemon runs or not; empty when it is not.
  static Optional<String> drain(JsonNode status) {
    JsonNode drain = status.path("drain");
    if (drain.isObject()) {
      return Optional.of(drain.path("reason").asString(""));
    }
    // Releases before this one say it so, while a daemon runs.
    return Optional.of(status.path("away").asString(""))
        .filter(away -> away.startsWith(DRAINED))
        .map(away -> away.substring(DRAINED.length()));
  }

  /// Whether a daemon runs that is another process than before.
  static boolean runsAnew(JsonNode now, JsonNode before) {
    String daemon = now.path("daemon").asString("");
    return !daemon.isEmpty() && !daemon.equals(before.path("daemon").asString(""));
  }

  /// One word: `ready`, `not ready`, `away`, `no daemon`.
  public static String state(JsonNode status) {
    if (status.path("daemon").asString("").isEmpty()) {
      return "no daemon";
    }
    if (!status.path("away").asString("").isEmpty()) {
      return "away";
    }
    return status.path("ready").asBoolean(false) ? "ready" : "not ready";
  }

  /// Why it is not ready or away; empty where there is nothing to say.
  public static String reason(JsonNode status) {
    String away = status.path("away").asString("");
    return away.isEmpty() ? status.path("reason").asString("") + trouble(status) : away;
  }

  private static String trouble(JsonNode status) {
    return StreamSupport.stream(status.path("agents").spliterator(), false)
        .flatMap(agent -> troubleOf(agent).stream())
        .findFirst()
        .orElse("");
  }

  private static Optional<String> troubleOf(JsonNode agent) {
    String refusal = agent.path("refusal").asString("");
    String trouble =
        refusal.isEmpty() ? agent.path("trouble").asString("") : "is not registered: " + refusal;
    return trouble.isEmpty()
        ? Optional.empty()
        : Optional.of("; agent " + agent.path("name").asString("") + " " + trouble);
  }

  /// The images jobs may run in, those that are not ready with their state.
  public static String images(JsonNode status) {
    return String.join(
        ", ",
        StreamSupport.stream(status.path("images").spliterator(), false)
            .map(
                image -> {
                  String state = image.path("state").asString("");
                  String name = image.path("name").asString("");
                  return state.equals("ready") ? name : name + " (" + state + ")";
                })
            .toList());
  }
}
