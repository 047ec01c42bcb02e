package dev.bakehouse.guest;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a guest runs, and where things lie in it: the same on every host and hypervisor. macOS
/// guests are Tart's, so Apple Silicon, where Homebrew lies in `/opt/homebrew`.
public enum GuestSystem {
  LINUX(
      "/home/admin",
      "/usr/local/bin",
      "/etc/buildkite-agent/hooks",
      "/mnt/workspace",
      "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
      "C.UTF-8"),
  DARWIN(
      "/Users/admin",
      "/opt/homebrew/bin",
      "/opt/homebrew/etc/buildkite-agent/hooks",
      "/Volumes/My Shared Files/workspace",
      "/opt/homebrew/bin:/opt/homebrew/sbin:/usr/local/bin:/usr/local/sbin:/usr/bin:/bin:/usr/sbin:/sbin",
      "en_US.UTF-8");

  /// Whom jobs and builds run as.
  public static final String USER = "admin";

  private final String home;
  private final String bin;
  private final String hooks;
  private final String workspace;
  private final String path;
  private final String lang;

  GuestSystem(String home, String bin, String hooks, String workspace, String path, String lang) {
    this.home = home;
    this.bin = bin;
    this.hooks = hooks;
    this.workspace = workspace;
    this.path = path;
    this.lang = lang;
  }

  /// As `os` in an image's or a VM's `config.json` tells, in Tart's format.
  ///
  /// @throws UserError when it can not be read, or names a system this program does not know
  public static GuestSystem of(Path config) {
    String os;
    try {
      os = new JsonMapper().readTree(Files.readAllBytes(config)).path("os").asString("");
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read the guest's system from " + config + ": " + e,
          "`bakehouse image ensure` gets or makes the image.",
          e);
    }
    return switch (os) {
      case "linux" -> LINUX;
      case "darwin" -> DARWIN;
      default ->
          throw new UserError(
              "The guest's system, `os` in " + config + ", is `" + os + "`",
              "It must be `linux` or `darwin`.");
    };
  }

  /// What this program runs on.
  static GuestSystem here() {
    return System.getProperty("os.name").startsWith("Mac") ? DARWIN : LINUX;
  }

  /// Of the user.
  public String home() {
    return home;
  }

  /// Where `buildkite-agent` lies.
  public String bin() {
    return bin;
  }

  /// The image's own agent hooks, if it has any.
  public String hooks() {
    return hooks;
  }

  /// Where the build of an image sees the checkout: on Linux a copy of it.
  public String workspace() {
    return workspace;
  }

  /// The search path.
  public String path() {
    return path;
  }

  /// What every command of the user has.
  public Map<String, String> environment() {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("HOME", home);
    env.put("USER", USER);
    env.put("LOGNAME", USER);
    env.put("SHELL", "/bin/bash");
    env.put("LANG", lang);
    env.put("PATH", path);
    return env;
  }
}
