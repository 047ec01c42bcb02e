package dev.bakehouse.image;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What one image is called: locally `bun-build-macos-VERSION`, remotely
/// `ghcr.io/ORG/REPO/bun-build-macos:VERSION` and `:latest`. Any other release or architecture than
/// the default goes into the name.
///
/// @param local name in the store
/// @param remote with the version as its tag
public record Names(String local, Reference remote) {
  private static final Pattern ORG_REPO = Pattern.compile("[/:]([^/:]+)/([^/:]+?)(?:\\.git)?/*$");
  private static final int SHORT_IDENTITY = 12;

  public static Names of(ImageConfig config, Version version, Optional<String> gitRemote) {
    boolean plain =
        config.release() == ImageConfig.DEFAULT_RELEASE && config.arch().equals("arm64");
    String name =
        plain ? config.name() : config.name() + "-" + config.release() + "-" + config.arch();
    String local = name + "-" + version.text();
    if (config.registry().startsWith("oci:")) {
      Path directory = Path.of(config.registry().substring("oci:".length()));
      return new Names(local, new Reference.Layout(directory.resolve(name), version.text()));
    }
    String org = config.org().orElseGet(() -> part(gitRemote, 1, "org"));
    String repo = config.repo().orElseGet(() -> part(gitRemote, 2, "repo"));
    String repository = (org + "/" + repo + "/" + name).toLowerCase(Locale.ROOT);
    return new Names(local, new Reference.Remote(config.registry(), repository, version.text()));
  }

  /// Where a configuration's images lie, whatever their version.
  public static Reference repository(ImageConfig config, Optional<String> gitRemote) {
    return of(config, new Version("latest", "none"), gitRemote).remote();
  }

  /// What local names of all versions begin with.
  String kind(Version version) {
    int at = local.lastIndexOf("-" + version.text());
    return at < 0 ? local : local.substring(0, at + 1);
  }

  public Reference latest() {
    return remote.with("latest");
  }

  /// Where a build that is not of the default branch is kept.
  public Reference candidate(String identity) {
    return remote.with(remote.selector() + "-" + shortened(identity));
  }

  /// The names of an image that must not take the place of the default branch's.
  public Names apart(String identity) {
    return new Names(local + "-" + shortened(identity), remote);
  }

  /// The tags a build may write: the default branch version and latest, other branches their own,
  /// forks none.
  public List<String> tags(Branch branch, String identity) {
    return switch (branch) {
      case MAIN -> List.of(remote.selector(), "latest");
      case OTHER -> List.of(candidate(identity).selector());
      case FORK -> List.of();
    };
  }

  private static String shortened(String identity) {
    return identity.substring(0, Math.min(SHORT_IDENTITY, identity.length()));
  }

  private static String part(Optional<String> gitRemote, int group, String key) {
    Matcher matcher = ORG_REPO.matcher(gitRemote.orElse(""));
    if (!matcher.find()) {
      throw new UserError(
          gitRemote
              .map(url -> "Could not tell organisation and repository from the git remote")
              .orElse("Could not name the remote image: this checkout has no git remote `origin`"),
          "Write `image: {" + key + ": …}` in bakehouse.yml, or add the remote.");
    }
    return matcher.group(group);
  }
}
