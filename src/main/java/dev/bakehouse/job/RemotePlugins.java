package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Plugins that the agent clones from elsewhere, in the guest.
final class RemotePlugins {
  private static final JsonMapper JSON = new JsonMapper();

  private RemotePlugins() {}

  /// @throws UserError when the step has some and its VM would not reach them
  static void insistReachable(Job job, HostSettings host, Machines machines) {
    List<String> remote = of(job.text("BUILDKITE_PLUGINS"));
    if (!remote.isEmpty() && !machines.reachesOut()) {
      throw new UserError(
          "its VM has no way out to clone the plugin " + String.join(", ", remote),
          "Copy it into the repository and name it `./PATH`, or set `vm.network: outbound` in "
              + host.file()
              + ".");
    }
  }

  /// Those that are neither in the repository nor on the guest's disk.
  ///
  /// @param plugins as the agent takes them: a JSON list of names, or of names with their settings
  static List<String> of(String plugins) {
    List<String> remote = new ArrayList<>();
    try {
      for (JsonNode each : JSON.readTree(plugins.isEmpty() ? "[]" : plugins)) {
        List<String> names =
            each.isObject() ? List.copyOf(each.propertyNames()) : List.of(each.asString(""));
        names.stream().filter(name -> !name.matches("(\\.{0,2}/|file:).*")).forEach(remote::add);
      }
    } catch (JacksonException e) {
      // The agent says what is wrong with it.
    }
    return remote;
  }
}
