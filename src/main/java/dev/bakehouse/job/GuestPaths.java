package dev.bakehouse.job;

import java.util.List;
import java.util.Map;

/// Where things lie in the guest. They are the same on every host, agent and hypervisor of one
/// guest system: a checkout at another path costs every ccache hit.
///
/// @param home the job user's home
/// @param hooks the image's own agent hooks, if it has any
/// @param bin where `buildkite-agent` lies
record GuestPaths(String home, String hooks, String bin) {
  static final String PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

  static GuestPaths of(String guestOs) {
    return switch (guestOs) {
      case "darwin" ->
          new GuestPaths("/Users/admin", "/usr/local/etc/buildkite-agent/hooks", "/usr/local/bin");
      case "linux" -> new GuestPaths("/home/admin", "/etc/buildkite-agent/hooks", "/usr/local/bin");
      default -> throw new IllegalArgumentException("guest system " + guestOs);
    };
  }

  /// What every job runs before and around its own work; a template has these in memory.
  List<String> tools() {
    return List.of(
        bin + "/buildkite-agent",
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
    return home + "/builds/" + organization + "/" + pipeline;
  }

  String cacheRoot() {
    return home + "/cache";
  }

  /// What every command of the job user has.
  void base(Map<String, String> env) {
    env.put("HOME", home);
    env.put("USER", "admin");
    env.put("LOGNAME", "admin");
    env.put("SHELL", "/bin/bash");
    env.putIfAbsent("PATH", PATH);
    env.putIfAbsent("LANG", "C.UTF-8");
  }

  /// Points the agent's variables at the guest.
  void rewrite(Map<String, String> env) {
    base(env);
    env.put("BUILDKITE_BIN_PATH", bin);
    env.put("BUILDKITE_BUILD_PATH", home + "/builds");
    env.put("BUILDKITE_HOOKS_PATH", hooks);
    env.put("BUILDKITE_PLUGINS_PATH", home + "/plugins");
    env.put("BUILDKITE_SOCKETS_PATH", home + "/.buildkite-agent/sockets");
    // The guest has a terminal; a pager in it would wait for ever.
    env.putIfAbsent("PAGER", "cat");
    env.putIfAbsent("GIT_PAGER", "cat");
  }
}
