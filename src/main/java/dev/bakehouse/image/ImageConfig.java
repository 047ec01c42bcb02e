package dev.bakehouse.image;

import dev.bakehouse.config.Section;
import dev.bakehouse.oci.Registries;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The `image:` section of `bakehouse.yml`.
///
/// @param name prefix of every image name
/// @param registry a host, or `oci:DIR` for a layout directory
/// @param org owner in the registry; from the git remote when absent
/// @param repo repository in the registry; from the git remote when absent
/// @param base reference or local name of the image to build from; by release when absent
/// @param release macOS release, 13 to 15
/// @param arch `arm64` or `amd64`
/// @param basePasswordFile holds the password of the base's user, for bases that know no other way
///   in; `admin` when absent
/// @param bootstrapScript path in the checkout
/// @param inputs further files and directories that go into the identity
/// @param tools commands the finished image must have
/// @param smoke shell commands a new image must pass in a fresh VM before any host runs it; when
///   there are none, the tools must be there
/// @param acceptUnlabelled whether an image without an identity satisfies `ensure`
/// @param incremental when an image is built from the one before
public record ImageConfig(
    String name,
    String registry,
    Optional<String> org,
    Optional<String> repo,
    Optional<String> base,
    Optional<Path> basePasswordFile,
    int release,
    String arch,
    String bootstrapScript,
    List<String> inputs,
    List<String> tools,
    List<String> smoke,
    boolean acceptUnlabelled,
    Incremental incremental,
    Size size,
    Deadlines deadlines) {
  static final int DEFAULT_RELEASE = 15;
  private static final int DAY = 86_400;

  /// What a VM gets while its image is built.
  public record Size(int cpus, int memoryMb, int diskGb) {}

  /// How long each phase of a build may take.
  public record Deadlines(Duration boot, Duration address, Duration ssh, Duration bootstrap) {}

  public static ImageConfig read(Section section) {
    Section size = section.section("size");
    Section deadlines = section.section("deadlines");
    ImageConfig config =
        new ImageConfig(
            section.text("name", "bun-build-macos"),
            section.text("registry", "ghcr.io"),
            section.text("org"),
            section.text("repo"),
            section.text("base"),
            section.text("base-password-file").map(Path::of),
            section.number("release", DEFAULT_RELEASE, 13, 15),
            section.choice("arch", hostArch(), List.of("arm64", "amd64")),
            section.text("bootstrap-script", "scripts/bootstrap-macos.sh"),
            section.texts("inputs", List.of()),
            section.texts("tools", List.of()),
            section.texts("smoke", List.of()),
            section.flag("accept-unlabelled", false),
            Incremental.read(section),
            new Size(
                size.number("cpus", 4, 1, 256),
                size.number("memory-mb", 8192, 128, 1 << 22),
                size.number("disk-gb", 50, 1, 1 << 16)),
            new Deadlines(
                seconds(deadlines, "boot", 60),
                seconds(deadlines, "address", 100),
                seconds(deadlines, "ssh", 900),
                seconds(deadlines, "bootstrap", 10_800)));
    Registries.KEYS.forEach(section::has);
    size.close();
    deadlines.close();
    // Read by others: StoreBudget, and the room `rollout`.
    boolean _ = section.has("store");
    boolean _ = section.has("rollout");
    boolean _ = section.has("refresh");
    section.close();
    if (!config.name().matches("(?=.{1,60}$)[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")) {
      throw section.error(
          "name",
          "is no name of an image: 60 letters and digits at most, with `.`, `_` and `-` between",
          "Choose one like `bun-build-macos`.");
    }
    return config;
  }

  /// @param wish `13`, `14` or `15`; empty for the configured one
  public ImageConfig ofRelease(String wish) {
    if (wish.isEmpty()) {
      return this;
    }
    if (!wish.matches("1[345]")) {
      throw new ProjectError(
          "The macOS release `" + wish + "` is not known",
          "Use 13 (ventura), 14 (sonoma) or 15 (sequoia).");
    }
    return withRelease(Integer.parseInt(wish));
  }

  private ImageConfig withRelease(int other) {
    return new ImageConfig(
        name,
        registry,
        org,
        repo,
        base,
        basePasswordFile,
        other,
        arch,
        bootstrapScript,
        inputs,
        tools,
        smoke,
        acceptUnlabelled,
        incremental,
        size,
        deadlines);
  }

  public ImageConfig withBase(String other) {
    return new ImageConfig(
        name,
        registry,
        org,
        repo,
        Optional.of(other),
        basePasswordFile,
        release,
        arch,
        bootstrapScript,
        inputs,
        tools,
        smoke,
        acceptUnlabelled,
        incremental,
        size,
        deadlines);
  }

  /// The same, built from the image before where that is safe.
  public ImageConfig fromPrevious() {
    return new ImageConfig(
        name,
        registry,
        org,
        repo,
        base,
        basePasswordFile,
        release,
        arch,
        bootstrapScript,
        inputs,
        tools,
        smoke,
        acceptUnlabelled,
        new Incremental(true, incremental.rerunnable(), incremental.limit()),
        size,
        deadlines);
  }

  /// The password a base without a guest program lets its user in with.
  String basePassword() {
    if (basePasswordFile.isEmpty()) {
      return "admin";
    }
    try {
      return Files.readString(basePasswordFile.get()).strip();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the base's password from " + basePasswordFile.get() + ": " + e,
          "Correct `image.base-password-file`, or write that file (mode 600).",
          e);
    }
  }

  /// The base in use.
  public String baseName() {
    return base.orElseGet(() -> "ghcr.io/cirruslabs/macos-" + codename() + "-base:latest");
  }

  private String codename() {
    return switch (release) {
      case 13 -> "ventura";
      case 14 -> "sonoma";
      case 15 -> "sequoia";
      default -> throw new IllegalStateException("release " + release);
    };
  }

  /// Images of macOS are for Apple Silicon unless this is an Intel Mac.
  private static String hostArch() {
    boolean intelMac =
        System.getProperty("os.name").startsWith("Mac")
            && System.getProperty("os.arch").equals("x86_64");
    return intelMac ? "amd64" : "arm64";
  }

  private static Duration seconds(Section section, String key, int fallback) {
    return Duration.ofSeconds(section.number(key, fallback, 1, DAY));
  }
}
