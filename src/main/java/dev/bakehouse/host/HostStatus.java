package dev.bakehouse.host;

import java.util.List;

/// How a host stands, as its daemon tells it every second.
///
/// @param daemon its process, `PID STARTED`
/// @param checked ISO-8601 with parts of a second, when the daemon began to look last
/// @param ready whether agents tell that they take jobs that need an image
/// @param reason for that
/// @param away why there are no agents, empty when there are
public record HostStatus(
    String host,
    String daemon,
    String checked,
    boolean ready,
    String reason,
    String away,
    List<Image> images,
    List<Agent> agents) {
  public HostStatus {
    images = List.copyOf(images);
    agents = List.copyOf(agents);
  }

  /// Whether no agent runs, so no job either.
  public boolean allAway() {
    return agents.stream().allMatch(agent -> agent.state().equals("away"));
  }

  /// An image jobs may run in.
  ///
  /// @param offered its name in the configuration
  /// @param name its local name
  /// @param state `ready`, `missing`, `changed`, `damaged`, `unfit`
  /// @param bootstrapVersion empty when nobody knows, as `bunVersion`
  public record Image(
      String offered,
      String name,
      String state,
      String reason,
      String bootstrapVersion,
      String bunVersion) {}

  /// The agent of a slot, of which the first is 1.
  ///
  /// @param state `starting` (not registered yet), `idle`, `busy`, `leaving`, `away`
  /// @param job it runs, or empty
  /// @param tags it registered with, `name=value`
  /// @param trouble why the one before it ended by itself, while that is news; else empty
  /// @param refusal what it says of its attempts to register, while it tries again; else empty
  /// @param since ISO-8601, when the daemon saw it so for the first time; empty when unknown
  public record Agent(
      int slot,
      String name,
      String state,
      String job,
      List<String> tags,
      String trouble,
      String refusal,
      String since) {
    @SuppressWarnings("NullAway") // Daemons before this one do not tell it.
    public Agent {
      tags = List.copyOf(tags);
      trouble = trouble == null ? "" : trouble;
      refusal = refusal == null ? "" : refusal;
      since = since == null ? "" : since;
    }
  }
}
