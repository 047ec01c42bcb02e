package dev.bakehouse.vm.tart;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What Tart says of one VM, by `tart list` or `tart get`. Versions differ in their keys, so every
/// one may be missing and others may come.
///
/// @param name empty from `tart get`, which does not repeat it
/// @param source `local` or `OCI`
/// @param os `darwin`, `linux`, or empty when not told (`tart list`)
/// @param diskGb size of the disk in units of 1000³ bytes; 0 when not told
/// @param state `running`, `suspended` or `stopped`
record TartVmState(String name, String source, String os, long diskGb, String state) {
  static final String RUNNING = "running";
  static final String SUSPENDED = "suspended";

  static TartVmState of(JsonNode json) {
    boolean running = json.path("Running").asBoolean(false);
    return new TartVmState(
        text(json, "Name"),
        text(json, "Source"),
        text(json, "OS"),
        json.path("Disk").asLong(0),
        Optional.of(text(json, "State"))
            .filter(s -> !s.isEmpty())
            .orElse(running ? RUNNING : "stopped"));
  }

  boolean running() {
    return state.equals(RUNNING);
  }

  boolean suspended() {
    return state.equals(SUSPENDED);
  }

  /// Whether VMs of this kind can be suspended: Tart refuses `--suspendable` for others.
  boolean suspendable() {
    return os.equals("darwin");
  }

  private static String text(JsonNode json, String key) {
    return json.path(key).asString("");
  }
}
