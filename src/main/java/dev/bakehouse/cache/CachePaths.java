package dev.bakehouse.cache;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/// Where caches lie when nobody says otherwise.
public final class CachePaths {
  private CachePaths() {}

  /// `ROOT/${REPO}-${BRANCH}/${OS}-${ARCH}-${BUILD_TYPE}`, with every part made safe and no two
  /// pairs of repository and branch in one place.
  ///
  /// @param platform from [#platform]
  public static Path cachePath(Path root, String repository, String branch, String platform) {
    String safe = SafeName.of(repository);
    String both = safe + "-" + SafeName.of(branch);
    // `a-b` + `c` and `a` + `b-c` read the same, so only a repository without `-` goes unhashed.
    String pair = safe.indexOf('-') < 0 ? both : SafeName.hashed(both, repository + "\0" + branch);
    return root.resolve(pair).resolve(SafeName.of(platform));
  }

  /// `os-arch-type` as in `linux-x64-release`.
  ///
  /// @param os any common spelling, also Java's `os.name`
  /// @param arch any common spelling, also Java's `os.arch`
  /// @param env may name the type in `BUILD_TYPE` or `CMAKE_BUILD_TYPE`
  public static String platform(String os, String arch, Map<String, String> env) {
    String type = env.getOrDefault("BUILD_TYPE", "");
    if (type.isEmpty()) {
      type = env.getOrDefault("CMAKE_BUILD_TYPE", "");
    }
    return system(os) + "-" + machine(arch) + "-" + (type.isEmpty() ? "release" : lower(type));
  }

  private static String system(String os) {
    String name = lower(os);
    return name.startsWith("mac") ? "darwin" : name;
  }

  private static String machine(String arch) {
    return switch (lower(arch)) {
      case "amd64", "x86_64", "x86-64", "x64" -> "x64";
      case "arm64", "aarch64" -> "aarch64";
      default -> lower(arch);
    };
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
