package dev.bakehouse.job;

import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.config.AgentSettings;
import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.GithubSettings;
import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.StandbySettings;
import dev.bakehouse.config.Vlans;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.WebAddress;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.Names;
import dev.bakehouse.image.StoreBudget;
import dev.bakehouse.image.StorePolicy;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Registries;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.pipeline.StatusStep;
import dev.bakehouse.platform.Self;
import dev.bakehouse.rollout.RefreshConfig;
import dev.bakehouse.rollout.RolloutConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A host's `bakehouse.yml`: what the daemon and every job on it need, validated once.
///
/// @param file where it was read from
/// @param name the host's name, also the first part of its agents' names
/// @param state the directory that holds everything the host keeps
/// @param slots how many VMs may run at once
/// @param standby what VMs that wait for jobs may take up
/// @param image name of the local image jobs run in
/// @param images directory of the local image store
/// @param budget what its images may take up
/// @param imageSource reference the image is pulled from when it is not local
/// @param others images that jobs may ask for by the tag `vm-image`, beside that one
/// @param plainHttp whether that registry is spoken to without TLS
/// @param registries mirrors and other settings of registries (`image.mirrors`)
/// @param keepEnvironment names of host variables that cross into jobs
/// @param allow command lines that may run on the host itself, exactly as written; `TARGET` stands
///   for a target's key
/// @param gitFilter partial clone filter of checkouts, `none` for full clones
/// @param apiUrl base address of the REST API (`…/v2`), for finding passed builds
/// @param apiTokenFile file with its token
/// @param github who sets the statuses of commits
/// @param rollout which image hosts run, when it is followed
/// @param rolloutPlace where its document lies; empty when none is followed
/// @param refresh whether its daemon keeps the image up to date
/// @param operations what the daemon does about trouble, and who hears of it
public record HostSettings(
    Path file,
    String name,
    Path state,
    int slots,
    StandbySettings standby,
    String image,
    Path images,
    StoreBudget budget,
    Optional<String> imageSource,
    List<OfferedImage> others,
    boolean plainHttp,
    Registries registries,
    List<String> keepEnvironment,
    List<String> allow,
    String gitFilter,
    Optional<String> apiUrl,
    Optional<Path> apiTokenFile,
    GithubSettings github,
    CacheConfig cache,
    VmSettings vm,
    AgentSettings agent,
    RolloutConfig rollout,
    Optional<Reference> rolloutPlace,
    RefreshConfig refresh,
    OperationsSettings operations) {

  /// The name of an image that is not configured.
  static final String DEFAULT_IMAGE = "default";

  static final List<String> HOST_COMMANDS =
      List.of(
          "bakehouse pipeline upload",
          "bakehouse pipeline upload --target TARGET --pin",
          PerformanceConfig.COMMAND,
          StatusStep.COMMAND + "TARGET",
          "bakehouse image ensure",
          "bakehouse image ensure --force-refresh",
          ".buildkite/scripts/ensure-bun-image.sh",
          ".buildkite/scripts/ensure-bun-image.sh --force-refresh");

  /// Sections of a host's configuration.
  private static final List<String> OWN =
      List.of("host", "git", "api", "vm", "image", "network", "github", "cache", "agent");

  /// Sections other parts of the program read from the same file.
  private static final List<String> OTHERS = List.of("pipeline", "fleet");

  /// Reads a host's configuration; every key has a default.
  ///
  /// @throws ConfigError naming file, line, key and what is allowed
  public static HostSettings read(Path file) {
    return of(file, Yaml.read(file));
  }

  /// Rejects sections that no part of the program reads.
  ///
  /// @param root of a file of which not all is read
  public static void insistKnown(Section root) {
    OWN.forEach(root::has);
    OTHERS.forEach(root::has);
    root.close();
  }

  /// What holds without a file.
  ///
  /// @param state the state directory
  public static HostSettings defaults(Path state) {
    return of(
        Path.of("bakehouse.yml"),
        Yaml.parse("(defaults)", "host: {state: '" + state.toString().replace("'", "''") + "'}"));
  }

  private static HostSettings of(Path file, Section root) {
    Section host = root.section("host");
    Section git = root.section("git");
    Section api = root.section("api");
    Section vm = root.section("vm");
    Section image = root.section("image");
    RolloutConfig rollout = RolloutConfig.read(image.section("rollout"));
    Vlans vlans = Vlans.read(root.section("network"));
    Path state =
        Path.of(host.text("state", Self.root().resolve(".bakehouse").toString()))
            .toAbsolutePath()
            .normalize();
    HostSettings settings =
        new HostSettings(
            file,
            host.text("name").orElseGet(HostSettings::hostName),
            state,
            host.number("slots", 2, 1, 64),
            StandbySettings.read(host.section("standby")),
            host.text("image", DEFAULT_IMAGE),
            Path.of(host.text("images", state.resolve("images").toString())).toAbsolutePath(),
            StoreBudget.read(root.section("image")),
            host.text("image-source"),
            OfferedImage.read(host),
            host.flag("plain-http", false),
            Registries.read(root.section("image")),
            host.texts("keep-environment", List.of()),
            host.texts("allow", HOST_COMMANDS),
            git.choice("filter", "blob:none", List.of("none", "blob:none", "tree:0")),
            WebAddress.in(api, "url"),
            api.text("token-file").map(Path::of),
            GithubSettings.read(root.section("github")),
            CacheConfig.read(root.section("cache")),
            VmSettings.read(vm),
            AgentSettings.read(root.section("agent")),
            rollout,
            rollout.followed() ? Optional.of(place(rollout, host, image)) : Optional.empty(),
            RefreshConfig.read(image.section("refresh"), rollout),
            OperationsSettings.read(host));
    if (settings.cacheStore().equals("buildkite:") && settings.apiUrl().isEmpty()) {
      throw root.section("cache")
          .error(
              "store",
              "is `buildkite:`, and nobody can be asked in which builds caches lie",
              "Set api.url and api.token-file, or name another store.");
    }
    insistKnown(root);
    List.of(host, git, api).forEach(Section::close);
    settings.standby().insistEnough(settings.vm(), settings.image(), host);
    vlans.insistApart(settings.vm().subnet(), vm);
    if (!settings.name().matches("[A-Za-z0-9][A-Za-z0-9.-]{0,40}")) {
      throw host.error(
          "name",
          "must be letters, digits, dots and dashes, 41 at most",
          "Choose a name like `mac-mini-1`.");
    }
    return settings;
  }

  /// Who can be asked for builds.
  JobSources.Api api() {
    return new JobSources.Api(file, apiUrl, apiTokenFile);
  }

  /// The images jobs of this host may run in, the one they get without asking first.
  public List<OfferedImage> offered() {
    return Stream.concat(Stream.of(new OfferedImage(image, imageSource)), others.stream()).toList();
  }

  /// The same host with another image for its jobs; the rollout is about `host.image` alone.
  public HostSettings withImage(String other) {
    if (other.equals(image)) {
      return this;
    }
    List<OfferedImage> all = offered();
    return new HostSettings(
        file,
        name,
        state,
        slots,
        standby,
        other,
        images,
        budget,
        all.stream()
            .filter(offer -> offer.name().equals(other))
            .findFirst()
            .map(OfferedImage::source)
            .orElse(imageSource),
        all.stream().filter(offer -> !offer.name().equals(other)).toList(),
        plainHttp,
        registries,
        keepEnvironment,
        allow,
        gitFilter,
        apiUrl,
        apiTokenFile,
        github,
        cache,
        vm,
        agent,
        rollout,
        Optional.empty(),
        refresh,
        operations);
  }

  private static Reference place(RolloutConfig rollout, Section host, Section image) {
    return rollout.place(
        host.text("image-source"),
        () -> {
          if (!image.has("org") && !image.text("registry", "").startsWith("oci:")) {
            throw image.error(
                "rollout",
                "does not say where the images are",
                "Name their repository with `image.rollout.repository`, for example ghcr.io/ORG/REPO/bun-build-macos.");
          }
          return Names.repository(ImageConfig.read(image), Optional.empty());
        });
  }

  /// A store of this host's images under its rules.
  ImageStore ruled(ImageStore store) {
    return store.with(
        StorePolicy.ofHost(
            budget, state, store.root(), offered().stream().map(OfferedImage::name).toList()));
  }

  /// The store of build caches: the configured one, else a directory of the host's own.
  public String cacheStore() {
    return cache.store().isEmpty() ? "dir:" + state.resolve("cache") : cache.store();
  }

  /// What cache volumes may take up on this host, in bytes.
  public long volumeBudget() {
    return cache.volumes();
  }

  /// Whether that is in S3, and no file of credentials is named for it.
  public boolean s3WithoutFile() {
    return cache.store().startsWith("s3:") && cache.s3Credentials().isEmpty();
  }

  /// The file of credentials for S3, whose content jobs read.
  public Optional<Path> s3Credentials() {
    return cache.s3Credentials();
  }

  /// The machine's own name, as `host.name` is when nobody sets it.
  public static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.-]", "-");
    } catch (UnknownHostException e) {
      return "host";
    }
  }
}
