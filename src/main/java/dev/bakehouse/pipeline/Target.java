package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What is built for: `os-arch`, with `-baseline` for x64 processors without newer instructions.
public record Target(String os, String arch, boolean baseline) {
  /// Every target there is, by operating system.
  static final List<Target> ALL =
      Stream.of("darwin", "linux", "windows")
          .flatMap(
              os ->
                  Stream.of(
                      new Target(os, "aarch64", false),
                      new Target(os, "x64", false),
                      new Target(os, "x64", true)))
          .toList();

  /// The first part of its steps' keys, for example `linux-x64-baseline`.
  public String key() {
    return os + "-" + arch + (baseline ? "-baseline" : "");
  }

  /// The agents that can build it when the configuration does not say. For macOS on x64 that is
  /// Apple Silicon too: an arm64 VM with Rosetta.
  Map<String, String> agents() {
    return Map.of("queue", os, "os", os, "arch", os.equals("darwin") ? "aarch64" : arch);
  }
}
