package dev.bakehouse.config;

import dev.bakehouse.platform.Self;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A host's `bakehouse.yml`: what the daemon and every job on it need, validated once.
///
/// @param file where it was read from
/// @param name the host's name, also the first part of its agents' names
/// @param state the directory that holds everything the host keeps
/// @param slots how many VMs may run at once
/// @param image name of the local image jobs run in
/// @param imageSource reference the image is pulled from when it is not local
/// @param keepEnvironment names of host variables that cross into jobs
/// @param allow command lines that may run on the host itself, exactly as written
/// @param gitFilter partial clone filter of checkouts, `none` for full clones
/// @param cacheStore store URL of the build caches
/// @param cacheSteps globs of the step keys that take part in caching
/// @param apiUrl base address of the REST API (`…/v2`), for finding passed builds
/// @param apiTokenFile file with its token
/// @param imageLabels free text labels wanted of the image
public record HostSettings(
    Path file,
    String name,
    Path state,
    int slots,
    String image,
    Optional<String> imageSource,
    boolean plainHttp,
    List<String> keepEnvironment,
    List<String> allow,
    String gitFilter,
    String cacheStore,
    List<String> cacheSteps,
    Optional<String> apiUrl,
    Optional<Path> apiTokenFile,
    Map<String, String> imageLabels,
    VmSettings vm,
    AgentSettings agent) {

  public static final List<String> HOST_COMMANDS =
      List.of(
          "bakehouse pipeline upload",
          "bakehouse image ensure",
          ".buildkite/scripts/ensure-bun-image.sh");

  /// Reads a host's configuration; every key has a default.
  ///
  /// @throws ConfigError naming file, line, key and what is allowed
  public static HostSettings read(Path file) {
    return of(file, Yaml.read(file));
  }

  /// What holds without a file: state under the installation, two slots, QEMU or Tart as found.
  public static HostSettings defaults() {
    return of(Path.of("bakehouse.yml"), Yaml.parse("(defaults)", ""));
  }

  private static HostSettings of(Path file, Section root) {
    Section host = root.section("host");
    Section image = root.section("image");
    Section cache = root.section("cache");
    Section git = root.section("git");
    Section api = root.section("api");
    Path state =
        Path.of(host.text("state", Self.root().resolve(".bakehouse").toString()))
            .toAbsolutePath()
            .normalize();
    HostSettings settings =
        new HostSettings(
            file,
            host.text("name", hostName()),
            state,
            host.number("slots", 2, 1, 64),
            image.text("name", "default"),
            image.text("source"),
            image.flag("plain-http", false),
            host.texts("keep-environment", List.of()),
            host.texts("allow", HOST_COMMANDS),
            git.choice("filter", "blob:none", List.of("none", "blob:none", "tree:0")),
            cache.text("store", "dir:" + state.resolve("cache")),
            cache.texts("steps", List.of("*-build-*")),
            api.text("url"),
            api.text("token-file").map(Path::of),
            image.map("labels"),
            VmSettings.read(root.section("vm")),
            AgentSettings.read(root.section("agent")));
    List.of(host, image, cache, git, api, root).forEach(Section::close);
    if (!settings.name().matches("[A-Za-z0-9][A-Za-z0-9.-]{0,40}")) {
      throw host.error(
          "name",
          "must be letters, digits, dots and dashes, 41 at most",
          "Choose a name like `mac-mini-1`.");
    }
    return settings;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.-]", "-");
    } catch (UnknownHostException e) {
      return "host";
    }
  }
}
