package dev.bakehouse.job;

import dev.bakehouse.guest.GuestSystem;
import java.util.List;
import java.util.Map;

/// Where a job's things lie in the guest. They are the same on every host, agent and hypervisor of
/// one guest system: a checkout at another path costs every ccache hit.
record GuestPaths(GuestSystem system) {
  private static final List<String> NAMED_BY_THE_JOB = List.of("PATH", "LANG");

  /// What every job runs before and around its own work; a template has these in memory.
  List<String> tools() {
    return List.of(
        agent(),
        "/usr/bin/git",
        "/usr/sbin/sshd",
        "/usr/bin/perl",
        "/bin/bash",
        "/bin/sh",
        "/usr/bin/sudo",
        "/usr/bin/tar",
        "/usr/bin/find",
        "/usr/bin/env");
  }

  String checkout(String organization, String pipeline) {
    return system.home() + "/builds/" + organization + "/" + pipeline;
  }

  String cacheRoot() {
    return system.home() + "/cache";
  }

  String agent() {
    return system.bin() + "/buildkite-agent";
  }

  /// What every command of the job user has.
  void base(Map<String, String> env) {
    system
        .environment()
        .forEach(
            (name, value) -> {
              if (NAMED_BY_THE_JOB.contains(name)) {
                env.putIfAbsent(name, value);
              } else {
                env.put(name, value);
              }
            });
  }

  /// Points the agent's variables at the guest.
  void rewrite(Map<String, String> env) {
    base(env);
    env.put("BUILDKITE_BIN_PATH", system.bin());
    env.put("BUILDKITE_BUILD_PATH", system.home() + "/builds");
    env.put("BUILDKITE_HOOKS_PATH", system.hooks());
    env.put("BUILDKITE_PLUGINS_PATH", system.home() + "/plugins");
    env.put("BUILDKITE_SOCKETS_PATH", system.home() + "/.buildkite-agent/sockets");
    // The guest has a terminal; a pager in it would wait for ever.
    env.putIfAbsent("PAGER", "cat");
    env.putIfAbsent("GIT_PAGER", "cat");
  }
}
